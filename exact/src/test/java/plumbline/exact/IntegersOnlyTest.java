package plumbline.exact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeModel;
import java.lang.classfile.Instruction;
import java.lang.classfile.constantpool.ConstantPool;
import java.lang.classfile.constantpool.DoubleEntry;
import java.lang.classfile.constantpool.FloatEntry;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.NameAndTypeEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// No float and no double anywhere in the executable specification: not in an instruction, a descriptor or a field.
final class IntegersOnlyTest {

    @Test
    void exactHoldsNoFloatingPoint() throws Exception {
        Path classes = Path.of(Fixed.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        List<String> found = new ArrayList<>();
        int count = 0;
        try (Stream<Path> files = Files.walk(classes.resolve("plumbline/exact"))) {
            for (Path file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
                if (!isTest(file)) {
                    found.addAll(floatingPoint(ClassFile.of().parse(file)));
                    count++;
                }
            }
        }
        assertTrue(count >= 20, "only " + count + " classes were read");
        assertEquals(List.of(), found);
    }

    @Test
    void theCheckSeesFloatsWhereTheyAre() throws IOException {
        try (var in = Floats.class.getResourceAsStream("IntegersOnlyTest$Floats.class")) {
            assertFalse(floatingPoint(ClassFile.of().parse(in.readAllBytes())).isEmpty());
        }
    }

    private static boolean isTest(Path file) {
        String name = file.getFileName().toString();
        return name.matches("(IntegersOnlyTest|ArithmeticVectorsTest|Vectors|LayerVector|[A-Za-z]+Test).*");
    }

    private static List<String> floatingPoint(ClassModel type) {
        List<String> found = new ArrayList<>();
        String name = type.thisClass().asInternalName();
        ConstantPool pool = type.constantPool();
        for (PoolEntry entry : pool) {
            switch (entry) {
                case FloatEntry f -> found.add(name + ": constant " + f.floatValue());
                case DoubleEntry d -> found.add(name + ": constant " + d.doubleValue());
                case MemberRefEntry member when floating(member.type().stringValue()) ->
                        found.add(name + ": uses " + member.owner().asInternalName() + "." + member.name());
                case NameAndTypeEntry member when floating(member.type().stringValue()) ->
                        found.add(name + ": mentions " + member.name() + member.type());
                default -> { }
            }
        }
        type.fields().stream().filter(f -> floating(f.fieldType().stringValue()))
                .forEach(f -> found.add(name + ": field " + f.fieldName()));
        for (var method : type.methods()) {
            if (floating(method.methodType().stringValue())) {
                found.add(name + ": method " + method.methodName());
            }
            method.code().ifPresent(code -> instructions(name + "." + method.methodName(), code, found));
        }
        return found;
    }

    private static void instructions(String where, CodeModel code, List<String> found) {
        for (var element : code) {
            if (element instanceof Instruction instruction) {
                String opcode = instruction.opcode().name();
                if (opcode.matches("[FD](CONST|LOAD|STORE|ALOAD|ASTORE|ADD|SUB|MUL|DIV|REM|NEG|CMP|RETURN).*"
                        + "|[FDIL]2[FD].*|[FD]2[IL]")) {
                    found.add(where + ": " + opcode);
                }
            }
        }
    }

    private static boolean floating(String descriptor) {
        return descriptor.replaceAll("L[^;]*;", "").matches(".*[FD].*");
    }

    /// Bait for the check.
    @SuppressWarnings("unused")
    private static final class Floats {
        static long bait(long a) {
            return (long) (a * 0.5);
        }
    }
}
