package plumbline.tidy;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/// Modules are a chain: exact, verify, engine, sdk, node, cli; each may use those before it.
/// `exact` and `verify` need nothing but the JDK, and touch neither files nor network, clock nor threads.
final class ArchitectureTest {

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests()).importPackages("plumbline");

    @Test
    void exactUsesTheJdkAlone() {
        classes().that().resideInAPackage("plumbline.exact..").should().onlyDependOnClassesThat()
                .resideInAnyPackage("plumbline.exact..", "java.lang..", "java.util..", "java.math", "java.nio")
                .check(CLASSES);
    }

    @Test
    void verifyUsesExactAndTheJdkAlone() {
        classes().that().resideInAPackage("plumbline.verify..").should().onlyDependOnClassesThat()
                .resideInAnyPackage("plumbline.exact..", "plumbline.verify..", "java..").check(CLASSES);
    }

    @Test
    void verifyAndExactTouchNoFileNoNetworkNoClockNoThread() {
        noClasses().that().resideInAnyPackage("plumbline.verify..", "plumbline.exact..").should()
                .dependOnClassesThat().resideInAnyPackage("java.net..", "java.nio.file..", "java.nio.channels..",
                        "java.util.concurrent..")
                .orShould().callMethod(System.class, "currentTimeMillis")
                .orShould().callMethod(System.class, "nanoTime")
                .orShould().callMethod(java.time.Instant.class, "now")
                .orShould().dependOnClassesThat().haveFullyQualifiedName("java.security.SecureRandom")
                .orShould().dependOnClassesThat().haveFullyQualifiedName("java.util.Random")
                .orShould().dependOnClassesThat().haveFullyQualifiedName("java.lang.Thread")
                .orShould().dependOnClassesThat().haveFullyQualifiedName("java.io.File")
                .check(CLASSES);
    }

    @Test
    void engineKnowsNeitherNodeNorCommandLine() {
        noClasses().that().resideInAPackage("plumbline.engine..").should().dependOnClassesThat()
                .resideInAnyPackage("plumbline.sdk..", "plumbline.node..", "plumbline.cli..", "io.helidon..",
                        "org.sqlite..", "java.sql..")
                .check(CLASSES);
    }

    /// So that a proxy speaks every dialect without being a node (spec/api.md A70).
    @Test
    void dialectsKnowNothingOfTheNode() {
        noClasses().that().resideInAPackage("plumbline.node.api..").should().dependOnClassesThat()
                .resideInAPackage("plumbline.node").check(CLASSES);
    }

    @Test
    void sdkKnowsNeitherNodeNorCommandLine() {
        noClasses().that().resideInAPackage("plumbline.sdk..").should().dependOnClassesThat()
                .resideInAnyPackage("plumbline.node..", "plumbline.cli..", "io.helidon..", "org.sqlite..", "java.sql..")
                .check(CLASSES);
    }

    @Test
    void nodeDoesNotKnowTheCommandLine() {
        noClasses().that().resideInAPackage("plumbline.node..").should().dependOnClassesThat()
                .resideInAPackage("plumbline.cli..").check(CLASSES);
    }

    @Test
    void onlyTheKernelPackageUsesTheIncubator() {
        noClasses().that().resideOutsideOfPackage("plumbline.engine.kernel..").should().dependOnClassesThat()
                .resideInAPackage("jdk.incubator..").check(CLASSES);
    }
}
