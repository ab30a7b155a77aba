import dev.langchain4j.agent.tool.P;
import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.model.anthropic.AnthropicChatModel;
import dev.langchain4j.model.anthropic.AnthropicStreamingChatModel;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.service.AiServices;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// LangChain4j as it is, against a node by OpenAI's API and by Anthropic's: java -cp JARS LangChain4j.java URL MODEL.
/// Prints "ok" at the end.
class LangChain4j {

    private static final JsonObjectSchema CITY = JsonObjectSchema.builder().addStringProperty("city")
            .required("city").additionalProperties(false).build();

    static void check(boolean holds, Object what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    /// A tool that the model may call; with 135M parameters it seldom does.
    static final class People {
        @Tool("counts the people of a city")
        String population(@P("name of the city") String city) {
            return "2,100,000";
        }
    }

    interface Assistant {
        String chat(String message);
    }

    public static void main(String[] args) throws Exception {
        String url = args[0];
        String name = args[1];
        ChatModel openAi = OpenAiChatModel.builder().baseUrl(url + "/v1").apiKey("none").modelName(name).temperature(0.0)
                .maxTokens(60).maxRetries(0).build();
        ChatModel anthropic = AnthropicChatModel.builder().baseUrl(url + "/v1/").apiKey("none").modelName(name)
                .temperature(0.0).maxTokens(60).maxRetries(0).build();
        for (ChatModel model : List.of(openAi, anthropic)) {
            String text = model.chat("What is the capital of France?");
            check(text.contains("Paris"), text);
            calls(model);
        }
        String text = openAi.chat("What is the capital of France?");
        streams(OpenAiStreamingChatModel.builder().baseUrl(url + "/v1").apiKey("none").modelName(name).temperature(0.0)
                .maxTokens(60).build(), text);
        streams(AnthropicStreamingChatModel.builder().baseUrl(url + "/v1/").apiKey("none").modelName(name)
                .temperature(0.0).maxTokens(60).build(), text);

        ChatResponse formed = openAi.chat(ChatRequest.builder().messages(UserMessage.from("Name a city."))
                .temperature(2.0).responseFormat(ResponseFormat.builder().type(ResponseFormatType.JSON)
                        .jsonSchema(JsonSchema.builder().name("city").rootElement(CITY).build()).build()).build());
        check(formed.aiMessage().text().matches("(?s)\\{\\s*\"city\".*\\}"), formed);
        Assistant assistant = AiServices.builder(Assistant.class).chatModel(openAi).tools(new People()).build();
        check(!assistant.chat("What is the capital of France?").isEmpty(), "an assistant with tools");

        refused(ModelNotFoundException.class, "nobody/has-this", () -> OpenAiChatModel.builder().baseUrl(url + "/v1")
                .apiKey("none").modelName("nobody/has-this").maxRetries(0).build().chat("x"));
        refused(InvalidRequestException.class, "temperature", () -> OpenAiChatModel.builder().baseUrl(url + "/v1")
                .apiKey("none").modelName(name).temperature(99.0).maxRetries(0).build().chat("x"));
        refused(InvalidRequestException.class, "temperature", () -> AnthropicChatModel.builder().baseUrl(url + "/v1/")
                .apiKey("none").modelName(name).temperature(99.0).maxRetries(0).build().chat("x"));
        System.out.println("ok");
        System.exit(0);
    }

    private static void calls(ChatModel model) {
        ToolSpecification tool = ToolSpecification.builder().name("population").description("counts people")
                .parameters(CITY).build();
        List<ChatMessage> messages = new ArrayList<>(List.of(UserMessage.from("How many people live in Paris?")));
        AiMessage called = model.chat(ChatRequest.builder().messages(messages).toolSpecifications(tool)
                .toolChoice(ToolChoice.REQUIRED).build()).aiMessage();
        check(called.toolExecutionRequests().get(0).arguments().contains("city"), called);
        messages.add(called);
        messages.add(ToolExecutionResultMessage.from(called.toolExecutionRequests().get(0), "2,100,000"));
        check(model.chat(ChatRequest.builder().messages(messages).toolSpecifications(tool).build()).tokenUsage()
                .outputTokenCount() > 0, "after a tool's result");
    }

    private static void streams(StreamingChatModel model, String text) throws Exception {
        StringBuilder streamed = new StringBuilder();
        CompletableFuture<ChatResponse> done = new CompletableFuture<>();
        model.chat("What is the capital of France?", new StreamingChatResponseHandler() {
            @Override
            public void onPartialResponse(String piece) {
                streamed.append(piece);
            }

            @Override
            public void onCompleteResponse(ChatResponse response) {
                done.complete(response);
            }

            @Override
            public void onError(Throwable error) {
                done.completeExceptionally(error);
            }
        });
        ChatResponse whole = done.get(60, TimeUnit.SECONDS);
        check(streamed.toString().equals(text) && whole.aiMessage().text().equals(text), streamed);
        check(whole.tokenUsage().outputTokenCount() > 1, whole);
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
