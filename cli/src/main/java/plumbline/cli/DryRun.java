package plumbline.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import plumbline.engine.Answer;
import plumbline.engine.GenerationJob;
import plumbline.engine.Generator;
import plumbline.engine.Model;
import plumbline.engine.PromptException;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.RequestDefaults;
import plumbline.engine.request.RequestException;
import plumbline.verify.BoundarySalt;
import plumbline.verify.Digest;
import plumbline.verify.Seed;
import plumbline.verify.SeedSource;
import plumbline.verify.TokenIds;

/// An answer that leaves no trace: no receipt, no key, no data folder. The same request gives the
/// same answer and the same boundary root on every machine.
final class DryRun {
    private static final byte[] NO_KEY = new byte[32];

    private DryRun() {}

    static int execute(RunCommand run, Terminal terminal) throws Failure, UsageException {
        try (LocalModel loaded =
                LocalModel.open(ModelNames.file(run.model(), run.data()), terminal)) {
            Model model = loaded.model();
            InferenceRequest request = InferenceRequest.parse(
                    run.endpoint(), run.body(model.id().toString()), RequestDefaults.standard());
            Answer answer = Generator.generate(model, job(model, request), (id, text) -> {
                if (!run.json()) {
                    RunCommand.show(text, terminal);
                }
                return true;
            });
            report(run, model, answer, terminal);
            return Exit.DONE;
        } catch (RequestException e) {
            throw Refusal.of(e.status(), e.param().orElse(""), e.getMessage());
        } catch (PromptException e) {
            throw new Failure(e.getMessage(), "");
        }
    }

    private static GenerationJob job(Model model, InferenceRequest request)
            throws PromptException, UsageException {
        TokenIds prompt = TokenIds.of(model.promptIds(request.input()));
        int room = model.contextLength() - prompt.size();
        if (request.maxTokensGiven() && request.maxTokens() > room) {
            throw new UsageException("--max-tokens: the prompt has " + prompt.size()
                    + " tokens and the context holds " + model.contextLength() + ", so " + room
                    + " are left for the answer, not " + request.maxTokens());
        }
        Digest nonce = request.nonce().orElse(Digest.of(new byte[Digest.BYTES]));
        SeedSource source = request.seed().isPresent()
                ? new SeedSource.Given(request.seed().getAsLong())
                : new SeedSource.FromNonce();
        Digest seed = Seed.derive(new Seed.Inputs(
                source, nonce, Model.ARITHMETIC, model.id(), request.sampling(), 0), prompt);
        return new GenerationJob(prompt, request.sampling(), seed,
                Math.min(request.maxTokens(), room), request.stops(),
                BoundarySalt.of(NO_KEY, nonce));
    }

    private static void report(RunCommand run, Model model, Answer answer, Terminal terminal) {
        if (!run.json()) {
            terminal.print("");
            terminal.say("dry run, no receipt; boundary root " + answer.boundaryRoot().hex());
            return;
        }
        Map<String, Object> page = new LinkedHashMap<>();
        page.put("text", answer.text());
        page.put("token_ids", answer.output().toArray());
        page.put("prompt_token_ids", answer.prompt().toArray());
        page.put("model_id", model.id().toString());
        page.put("boundary_root", answer.boundaryRoot().hex());
        page.put("receipt", null);
        page.put("stop", answer.stop().word());
        page.put("kernel", model.kernel());
        page.put("timings", RunCommand.timings(answer.timings().prefillNanos(),
                answer.timings().decodeNanos(), answer.output().size()));
        terminal.print(JsonText.of(page));
    }
}
