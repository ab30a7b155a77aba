package plumbline.engine.kernel;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/// Calls that C2 never inlines.
///
/// C2 makes good code only of small loops. When it inlines them into one another, or into their
/// caller, it runs out of its node budget or registers, and the code is 2 to 15 times slower. So
/// the loops are called through method handles in fields that C2 can't see to be constant.
final class Handles {

    private Handles() {}

    /// The static method `loop` of `type`, which returns nothing.
    static MethodHandle of(MethodHandles.Lookup type, String loop, Class<?>... parameters) {
        try {
            return type.findStatic(type.lookupClass(), loop, MethodType.methodType(void.class, parameters));
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("no loop " + loop, e);
        }
    }

    /// What a loop threw: nothing that is checked.
    static Error thrown(Throwable e) {
        if (e instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        return e instanceof Error error ? error : new AssertionError(e);
    }
}
