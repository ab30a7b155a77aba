package plumbline.cli;

/// The commands, in the order in which `plumb --help` lists them.
enum Verb {
    DEMO("demo", "see it work: answer, receipt, verdict, and tampering found out"),
    UP("up", "start a node: an OpenAI-compatible endpoint with receipts"),
    PROXY("proxy", "check what nodes elsewhere answer, and go on where one is lost"),
    RUN("run", "ask a model one question"),
    CHAT("chat", "talk with a model"),
    VERIFY("verify", "check an answer's receipt; --replay runs it again"),
    PUBLISH("publish", "take a model file into the cache under a name"),
    MODELS("models", "list the published models"),
    RECEIPTS("receipts", "list the receipts in the data folder"),
    KEY("key", "print the node's verifier key; key rotate makes a new one"),
    APIKEY("apikey", "make, list and revoke the keys that callers from elsewhere need"),
    GC("gc", "free space in the data folder"),
    LOG("log", "check a whole log: log check URL|DIR"),
    INSPECT("inspect", "show what a GGUF file holds"),
    TOKENIZE("tokenize", "turn JSON strings on stdin into token ids"),
    PERPLEXITY("perplexity", "measure a model on a text"),
    BENCH("bench", "measure how fast a model computes here"),
    DOCTOR("doctor", "check this machine and installation"),
    TEST("test", "run everything that must pass (needs the sources)");

    private final String word;
    private final String summary;

    Verb(String word, String summary) {
        this.word = word;
        this.summary = summary;
    }

    String word() {
        return word;
    }

    String summary() {
        return summary;
    }
}
