package plumbline.cli;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/// Catches signals such as `INT` (Ctrl-C).
///
/// The JDK's only way is `sun.misc.Signal`, of which javac warns and no flag silences it; so it is
/// called by name here, the one place of the program that does so. Where it isn't there, a signal
/// ends the process as usual.
final class Signals {
    private Signals() {}

    /// From now on the signal `name` calls `action`, on a thread of its own, instead of ending the
    /// process.
    ///
    /// @return false if that can't be arranged
    static boolean handle(String name, Runnable action) {
        try {
            MethodHandles.Lookup lookup = MethodHandles.publicLookup();
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            MethodHandle run = lookup
                    .findVirtual(Runnable.class, "run", MethodType.methodType(void.class))
                    .bindTo(action);
            Object calls = MethodHandleProxies.asInterfaceInstance(
                    handler, MethodHandles.dropArguments(run, 0, signal));
            Object number = lookup
                    .findConstructor(signal, MethodType.methodType(void.class, String.class))
                    .invoke(name);
            lookup.findStatic(signal, "handle", MethodType.methodType(handler, signal, handler))
                    .invoke(number, calls);
            return true;
        } catch (Error e) {
            throw e;
        } catch (Throwable e) { // what a method handle may throw; none of it is worth failing for
            return false;
        }
    }
}
