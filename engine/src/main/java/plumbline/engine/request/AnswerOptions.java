package plumbline.engine.request;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/// What a request wants of its answers beside the draw itself. Source: spec/api.md A17-A27.
///
/// @param choices how many answers, 1 to 128; each has its own receipt
/// @param topLogprobs how many likeliest tokens are listed beside each token drawn, 0 to 20; empty wants no logprobs
/// @param tokens whether the answer's token ids are wanted beside its text
public record AnswerOptions(int choices, OptionalInt topLogprobs, boolean tokens, AnswerFormat format,
        List<Tool> tools, ToolChoice toolChoice, boolean parallelToolCalls) {

    /// Most answers to one request.
    public static final int CHOICES_MAX = 128;

    public AnswerOptions {
        Objects.requireNonNull(format);
        Objects.requireNonNull(toolChoice);
        tools = List.copyOf(tools);
    }

    /// The tools that the model is told of.
    public List<Tool> offered() {
        return toolChoice instanceof ToolChoice.None ? List.of() : tools;
    }

    /// The tool of this name, if it is one of those offered.
    public Optional<Tool> tool(String name) {
        return offered().stream().filter(tool -> tool.name().equals(name)).findFirst();
    }
}
