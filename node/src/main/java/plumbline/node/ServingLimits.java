package plumbline.node;

import java.time.Duration;

/// How much a server does at once, and how long it takes to stop.
///
/// @param answersMax answers computed at the same time
/// @param waitingMax requests that wait for one of these places; more are refused with 429
/// @param drain how long a stop lets answers under way go on before it cuts them
public record ServingLimits(int answersMax, int waitingMax, Duration drain) {

    /// What `plumb up` does when it isn't told otherwise.
    public static ServingLimits standard() {
        return new ServingLimits(32, 2048, Duration.ofSeconds(20));
    }

    /// The same with another number of answers at the same time.
    public ServingLimits withAnswers(int most) {
        return new ServingLimits(most, waitingMax, drain);
    }

    /// The same with another time to stop.
    public ServingLimits withDrain(Duration limit) {
        return new ServingLimits(answersMax, waitingMax, limit);
    }
}
