import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.models.ResponseFormatJsonSchema;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.chat.completions.ChatCompletionToolChoiceOption;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.chat.completions.ChatCompletionFunctionTool;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.responses.ResponseCreateParams;
import java.util.List;
import java.util.Map;

/// The unmodified openai-java client against a node: java -cp JARS OpenAiJava.java URL MODEL. Prints "ok" at the end.
@SuppressWarnings({"deprecation", "unchecked"})
class OpenAiJava {

    private static final Map<String, Object> SCHEMA = Map.of("type", "object", "properties",
            Map.of("city", Map.of("type", "string", "maxLength", 20)), "required", List.of("city"),
            "additionalProperties", false);

    static String model;

    static ChatCompletionCreateParams.Builder question() {
        return ChatCompletionCreateParams.builder().model(model).addUserMessage("What is the capital of France?")
                .temperature(0).maxCompletionTokens(60);
    }

    static void check(boolean holds, Object what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    public static void main(String[] args) {
        model = args[1];
        OpenAIClient client = OpenAIOkHttpClient.builder().baseUrl(args[0] + "/v1").apiKey("none").maxRetries(0).build();
        check(client.models().list().data().stream().anyMatch(one -> one.id().equals(model)), "models");

        ChatCompletion answer = client.chat().completions().create(question().logprobs(true).topLogprobs(2).build());
        String text = answer.choices().get(0).message().content().orElseThrow();
        check(text.contains("Paris"), answer);
        check(answer.choices().get(0).finishReason().equals(ChatCompletion.Choice.FinishReason.STOP), answer);
        check(answer.choices().get(0).logprobs().orElseThrow().content().orElseThrow().get(0).topLogprobs().size() == 2,
                answer);
        check(answer._additionalProperties().containsKey("receipt"), answer);
        check(answer.validate().isValid(), answer);

        StringBuilder streamed = new StringBuilder();
        long[] tokens = new long[1];
        try (StreamResponse<ChatCompletionChunk> stream = client.chat().completions().createStreaming(question()
                .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build()).build())) {
            stream.stream().forEach(chunk -> {
                check(chunk.validate().isValid(), chunk);
                chunk.choices().forEach(choice -> choice.delta().content().ifPresent(streamed::append));
                chunk.usage().ifPresent(usage -> tokens[0] = usage.completionTokens());
            });
        }
        check(streamed.toString().equals(text), streamed);
        check(tokens[0] == answer.usage().orElseThrow().completionTokens(), tokens[0]);

        ChatCompletion several = client.chat().completions().create(question().n(2).temperature(1.5).seed(5).build());
        check(several.choices().size() == 2 && several.choices().get(1).index() == 1, several);

        ChatCompletion formed = client.chat().completions().create(question().temperature(2).seed(3).responseFormat(
                ResponseFormatJsonSchema.builder().jsonSchema(ResponseFormatJsonSchema.JsonSchema.builder().name("city")
                        .strict(true).schema(JsonValue.from(SCHEMA)).build()).build()).build());
        check(formed.choices().get(0).message().content().orElseThrow().matches("(?s)\\{\\s*\"city\".*\\}"), formed);

        FunctionParameters.Builder parameters = FunctionParameters.builder();
        SCHEMA.forEach((name, value) -> parameters.putAdditionalProperty(name, JsonValue.from(value)));
        ChatCompletionFunctionTool tool = ChatCompletionFunctionTool.builder().function(FunctionDefinition.builder()
                .name("population").description("counts people").parameters(parameters.build()).build()).build();
        ChatCompletion called = client.chat().completions().create(question().addTool(tool)
                .toolChoice(ChatCompletionToolChoiceOption.Auto.REQUIRED).build());
        var call = called.choices().get(0).message().toolCalls().orElseThrow().get(0).asFunction();
        check(call.function().name().equals("population") && call.function().arguments().contains("city"), called);
        ChatCompletion told = client.chat().completions().create(question().addTool(tool)
                .addMessage(called.choices().get(0).message())
                .addMessage(com.openai.models.chat.completions.ChatCompletionToolMessageParam.builder()
                        .toolCallId(call.id()).content("2,100,000").build()).maxCompletionTokens(8).build());
        check(told.choices().size() == 1, told);

        var response = client.responses().create(ResponseCreateParams.builder().model(model)
                .input("What is the capital of France?").temperature(0).maxOutputTokens(20).build());
        check(response.output().get(0).asMessage().content().get(0).asOutputText().text().contains("Paris"), response);
        check(response.validate().isValid(), response);
        try (var stream = client.responses().createStreaming(ResponseCreateParams.builder().model(model).input("Hi")
                .maxOutputTokens(5).build())) {
            check(stream.stream().peek(event -> check(event.validate().isValid(), event)).count() > 5, "events");
        }

        refused(NotFoundException.class, "nobody/has-this", () -> client.chat().completions().create(
                question().model("nobody/has-this").build()));
        refused(BadRequestException.class, "temperature",
                () -> client.chat().completions().create(question().temperature(99).build()));
        refused(BadRequestException.class, "web_search_options", () -> client.chat().completions().create(question()
                .putAdditionalBodyProperty("web_search_options", JsonValue.from(Map.of())).build()));
        refused(NotFoundException.class, "embeddings", () -> client.embeddings().create(
                EmbeddingCreateParams.builder().model(model).input("x").build()));
        System.out.println("ok");
        System.exit(0); // its threads would linger
    }

    private static void refused(Class<? extends Exception> kind, String words, Runnable asks) {
        try {
            asks.run();
        } catch (RuntimeException e) {
            check(kind.isInstance(e) && e.getMessage().contains(words), e);
            return;
        }
        throw new AssertionError(words + " was accepted");
    }
}
