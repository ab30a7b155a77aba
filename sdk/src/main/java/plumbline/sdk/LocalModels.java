package plumbline.sdk;

import java.util.Optional;
import plumbline.engine.Model;
import plumbline.verify.ModelId;

/// The models that this machine can run, to compute answers again. Whoever gives them closes them.
@FunctionalInterface
public interface LocalModels {

    /// The model, loaded; nothing if it isn't here.
    ///
    /// @throws PlumblineException if it is here and can't be run
    Optional<Model> get(ModelId id) throws PlumblineException;

    /// No models.
    static LocalModels none() {
        return _ -> Optional.empty();
    }
}
