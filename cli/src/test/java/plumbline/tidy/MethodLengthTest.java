package plumbline.tidy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import plumbline.tidy.Sources.Source;

/// No method is longer than a screen.
final class MethodLengthTest {

    private static final int LINES_MAX = 60;

    @Test
    void methodsFitAScreen() throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        var files = compiler.getStandardFileManager(null, null, null);
        List<Source> sources = Sources.java("main");
        var units = files.getJavaFileObjectsFromPaths(
                sources.stream().map(s -> Sources.repository().resolve(s.name())).toList());
        JavacTask task = (JavacTask) compiler.getTask(null, files, null, List.of("--release", "25"), null, units);
        SourcePositions positions = Trees.instance(task).getSourcePositions();
        List<String> found = new ArrayList<>();
        int[] methods = new int[1];
        for (CompilationUnitTree unit : task.parse()) {
            new TreeScanner<Void, Void>() {
                @Override
                public Void visitMethod(MethodTree method, Void nothing) {
                    methods[0]++;
                    long from = unit.getLineMap().getLineNumber(positions.getStartPosition(unit, method));
                    long to = unit.getLineMap().getLineNumber(Math.max(0, positions.getEndPosition(unit, method) - 1));
                    if (to - from + 1 > LINES_MAX) {
                        found.add(unit.getSourceFile().getName() + ":" + from + " " + method.getName() + " has "
                                + (to - from + 1) + " lines, more than " + LINES_MAX);
                    }
                    return super.visitMethod(method, nothing);
                }
            }.scan(unit, null);
        }
        assertTrue(methods[0] > 500, methods[0] + " methods were read");
        assertEquals(List.of(), found);
    }
}
