package plumbline.node.api;

import java.util.Optional;

/// Who may do what. Source: spec/api.md A110-A119.
public interface Access {

    /// Somebody who was let in.
    ///
    /// @param queue who shares the queue with others as one
    /// @param key the id of the API key that is charged, where one was shown
    record Entry(String queue, Optional<String> key) {

        /// Somebody without a key.
        public static Entry anonymous(String queue) {
            return new Entry(queue, Optional.empty());
        }
    }

    /// Room in a key's quotas, held while an answer is under way.
    interface Room extends AutoCloseable {
        @Override
        void close();
    }

    /// Lets a caller in.
    ///
    /// @throws ApiException status 401 if he must show a key and doesn't, 403 if his key isn't for this
    Entry enter(Caller caller, Scope scope) throws ApiException;

    /// Takes room for an answer of at most `tokens` tokens.
    ///
    /// @throws ApiException status 429 if a quota is used up
    Room room(Entry entry, long tokens) throws ApiException;

    /// For a server that has no keys, and that strangers are kept away from by other means.
    static Access open() {
        return new Access() {
            @Override
            public Entry enter(Caller caller, Scope scope) {
                return Entry.anonymous(caller.name());
            }

            @Override
            public Room room(Entry entry, long tokens) {
                return () -> {};
            }
        };
    }
}
