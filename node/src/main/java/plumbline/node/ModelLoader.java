package plumbline.node;

import java.io.IOException;
import plumbline.engine.ModelException;

/// Makes a stored model ready to answer.
@FunctionalInterface
public interface ModelLoader {

    /// @throws ModelException if the file is no model that can be run
    ModelHandle load(StoredModel stored) throws IOException, ModelException;
}
