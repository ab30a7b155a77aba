package plumbline.node.api;

import java.util.Optional;
import plumbline.verify.Receipt;

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

    /// Room in a key's quotas, held while a request's answers are under way. Safe for use by several threads.
    interface Room extends AutoCloseable {

        /// For those who have no quotas.
        Room UNBOUNDED = new Room() {
            @Override
            public void counted(Receipt receipt) {}

            @Override
            public void close() {}
        };

        /// One of the answers is durable, and takes from now on what it took and no longer what it might.
        void counted(Receipt receipt);

        /// Gives back what is left. May be called several times.
        @Override
        void close();
    }

    /// Lets a caller in.
    ///
    /// @throws ApiException status 401 if he must show a key and doesn't, 403 if his key isn't for this
    Entry enter(Caller caller, Scope scope) throws ApiException;

    /// Takes room for so many answers of at most `tokens` tokens each.
    ///
    /// @throws ApiException status 429 if a quota is used up
    Room room(Entry entry, int answers, long tokens) throws ApiException;

    /// For a server that has no keys, and that strangers are kept away from by other means.
    static Access open() {
        return new Access() {
            @Override
            public Entry enter(Caller caller, Scope scope) {
                return Entry.anonymous(caller.name());
            }

            @Override
            public Room room(Entry entry, int answers, long tokens) {
                return Room.UNBOUNDED;
            }
        };
    }
}
