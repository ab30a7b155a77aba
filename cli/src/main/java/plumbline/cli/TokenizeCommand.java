package plumbline.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import plumbline.engine.gguf.Gguf;
import plumbline.engine.tokenizer.Tokenizer;
import plumbline.engine.tokenizer.UnsupportedModelException;
import plumbline.verify.MalformedException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/// `plumb tokenize NAME|FILE`: JSON strings on stdin, one a line; arrays of ids on stdout, one a
/// line.
record TokenizeCommand(String model, Path data, boolean special) implements Command {
    private static final JsonFactory FACTORY = new JsonFactory();

    static Syntax syntax() {
        return new Syntax(
                "tokenize",
                "Reads JSON strings from stdin, one a line, and prints their token ids as JSON"
                        + " arrays. Adds no BOS. A file with a vocabulary only will do.",
                List.of("NAME|FILE"),
                List.of(
                        Option.flag("--special", "parse special tokens in the text"),
                        Option.DATA),
                List.of("  echo '\"Hello world\"' | plumb tokenize model.gguf"));
    }

    static TokenizeCommand of(Arguments arguments) throws UsageException {
        return new TokenizeCommand(
                arguments.operand(0), arguments.dataFolder(), arguments.has("--special"));
    }

    @Override
    public int execute(Terminal terminal) throws Failure {
        Path file = ModelNames.file(model, data);
        try (Gguf gguf = Gguf.open(file)) {
            return tokenize(Tokenizer.of(gguf.metadata()), terminal);
        } catch (MalformedException | UnsupportedModelException e) {
            throw new Failure(file + ": " + e.getMessage(), "");
        } catch (IOException e) {
            throw new Failure("can't read " + file + ": " + e.getMessage(), "");
        }
    }

    private int tokenize(Tokenizer tokenizer, Terminal terminal) throws IOException, Failure {
        BufferedReader lines = new BufferedReader(
                new InputStreamReader(terminal.in(), StandardCharsets.UTF_8.newDecoder()));
        int number = 0;
        for (String line = next(lines, number + 1); line != null; line = next(lines, number + 1)) {
            number++;
            String text = string(line, number);
            terminal.print(JsonText.of(tokenizer.encode(text, special)));
        }
        return Exit.DONE;
    }

    private static String next(BufferedReader lines, int number) throws IOException, Failure {
        try {
            return lines.readLine();
        } catch (CharacterCodingException e) {
            throw new Failure("stdin is not UTF-8, in line " + number + " or soon after it", "");
        }
    }

    private static String string(String line, int number) throws Failure {
        try (JsonParser json = FACTORY.createParser(ObjectReadContext.empty(), line)) {
            if (json.nextToken() != JsonToken.VALUE_STRING) {
                throw new Failure("line " + number + " of stdin is not a JSON string", "");
            }
            String text = json.getString();
            if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
                throw new Failure("line " + number + " of stdin holds half a surrogate pair", "");
            }
            if (json.nextToken() != null) {
                throw new Failure("line " + number + " of stdin holds more than one string", "");
            }
            return text;
        } catch (JacksonException e) {
            throw new Failure(
                    "line " + number + " of stdin is not a JSON string: " + e.getOriginalMessage(),
                    "");
        }
    }
}
