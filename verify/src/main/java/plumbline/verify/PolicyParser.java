package plumbline.verify;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SequencedMap;
import java.util.StringTokenizer;

/// Reads one policy file (spec/log.md, L80 to L90). Used once and thrown away.
///
/// Octets are handled as ISO 8859-1 characters, one for one, because names are opaque octets;
/// keys alone are read as UTF-8.
final class PolicyParser {
    private static final String FORMAT = "policy";
    private static final String NONE = "none";

    private final List<Policy.Log> logs = new ArrayList<>();
    private final List<Policy.Witness> witnesses = new ArrayList<>();
    private final SequencedMap<String, Policy.Group> groups = new LinkedHashMap<>();
    private final Set<String> defined = new HashSet<>();
    private final Set<String> members = new HashSet<>();
    private String quorum;

    Policy parse(byte[] file) throws MalformedException {
        if (file.length > Policy.BYTES_MAX) {
            throw new MalformedException(FORMAT, "the file has " + file.length
                    + " bytes, at most " + Policy.BYTES_MAX + " are allowed");
        }
        String text = new String(file, StandardCharsets.ISO_8859_1);
        int line = 0;
        for (int at = 0; at < text.length();) {
            int end = text.indexOf('\n', at);
            line++;
            if (end < 0) {
                throw MalformedException.atLine(
                        FORMAT, line, "the last line has no newline; add one");
            }
            try {
                readLine(text.substring(at, end));
            } catch (MalformedException e) {
                throw MalformedException.atLine(FORMAT, line, e.what());
            }
            at = end + 1;
        }
        if (quorum == null) {
            throw new MalformedException(FORMAT,
                    "no quorum line; write \"quorum none\" to ask for no witness");
        }
        return new Policy(logs, witnesses, groups,
                quorum.equals(NONE) ? Optional.empty() : Optional.of(quorum));
    }

    private void readLine(String line) throws MalformedException {
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c < 0x20 && c != '\t' || c == 0x7f) {
                throw malformed("the control character " + Texts.show(c) + " is not allowed");
            }
        }
        List<String> items = new ArrayList<>();
        StringTokenizer tokens = new StringTokenizer(line, " \t");
        while (tokens.hasMoreTokens()) {
            items.add(tokens.nextToken());
        }
        if (items.isEmpty() || items.getFirst().startsWith("#")) {
            return;
        }
        List<String> rest = items.subList(1, items.size());
        switch (items.getFirst()) {
            case "log" -> readLog(rest);
            case "witness" -> readWitness(rest);
            case "group" -> readGroup(rest);
            case "quorum" -> readQuorum(rest);
            default -> throw malformed("expected log, witness, group, quorum or a comment, found "
                    + Texts.show(items.getFirst()));
        }
    }

    private void readLog(List<String> items) throws MalformedException {
        if (items.isEmpty() || items.size() > 2) {
            throw malformed("expected \"log VKEY\" or \"log VKEY URL\"");
        }
        VerifierKey key = key(items.getFirst(), VerifierKey.Type.ED25519, "log");
        for (Policy.Log log : logs) {
            if (log.key().hasSamePublicKey(key)) {
                throw malformed("this log's key is already there under the name "
                        + Texts.show(log.key().name()));
            }
        }
        checkRoom(logs.size(), "logs");
        logs.add(new Policy.Log(key, url(items, 1)));
    }

    private void readWitness(List<String> items) throws MalformedException {
        if (items.size() < 2 || items.size() > 3) {
            throw malformed("expected \"witness NAME VKEY\" or \"witness NAME VKEY URL\"");
        }
        VerifierKey key = key(items.get(1), VerifierKey.Type.COSIGNATURE_V1, "witness");
        for (Policy.Witness witness : witnesses) {
            if (witness.key().hasSamePublicKey(key)) {
                throw malformed("this witness's key is already there under the name "
                        + Texts.show(witness.name()));
            }
        }
        checkRoom(witnesses.size(), "witnesses");
        define(items.getFirst());
        witnesses.add(new Policy.Witness(items.getFirst(), key, url(items, 2)));
    }

    private void readGroup(List<String> items) throws MalformedException {
        if (items.size() < 3) {
            throw malformed(
                    "expected \"group NAME all|any|NUMBER MEMBER...\", at least one member");
        }
        List<String> names = List.copyOf(items.subList(2, items.size()));
        for (String name : names) {
            checkDefined(name, "a group member");
            if (!members.add(name)) {
                throw malformed(Texts.show(name) + " is already a member of a group");
            }
        }
        int threshold = switch (items.get(1)) {
            case "all" -> names.size();
            case "any" -> 1;
            default -> threshold(items.get(1), names.size());
        };
        checkRoom(groups.size(), "groups");
        define(items.getFirst());
        groups.put(items.getFirst(), new Policy.Group(threshold, names));
    }

    private static int threshold(String text, int members) throws MalformedException {
        long threshold = Texts.decimal(FORMAT, "the threshold", text);
        if (threshold < 1 || threshold > members) {
            throw malformed("the threshold must be 1 to the number of members, " + members
                    + ", found " + threshold);
        }
        return (int) threshold;
    }

    private void readQuorum(List<String> items) throws MalformedException {
        if (items.size() != 1) {
            throw malformed("expected \"quorum NAME\" or \"quorum none\"");
        }
        if (quorum != null) {
            throw malformed("a second quorum line");
        }
        if (!items.getFirst().equals(NONE)) {
            checkDefined(items.getFirst(), "the quorum");
        }
        quorum = items.getFirst();
    }

    private void define(String name) throws MalformedException {
        if (name.equals(NONE)) {
            throw malformed("the name \"none\" has a meaning of its own and cannot be defined");
        }
        if (!defined.add(name)) {
            throw malformed("the name " + Texts.show(name) + " is already defined");
        }
    }

    private void checkDefined(String name, String role) throws MalformedException {
        if (!defined.contains(name)) {
            throw malformed(Texts.show(name) + " is " + role
                    + ", but no line before defines a witness or group of this name");
        }
    }

    private static VerifierKey key(String octets, VerifierKey.Type type, String owner)
            throws MalformedException {
        byte[] utf8 = octets.getBytes(StandardCharsets.ISO_8859_1);
        VerifierKey key = VerifierKey.parse(Texts.utf8(FORMAT, utf8));
        if (key.type() != type) {
            throw malformed("a " + owner + " needs a key of the type " + type + ", this one has "
                    + key.type());
        }
        return key;
    }

    private static Optional<String> url(List<String> items, int at) {
        return items.size() > at ? Optional.of(items.get(at)) : Optional.empty();
    }

    private static void checkRoom(int count, String what) throws MalformedException {
        if (count == Policy.DEFINITIONS_MAX) {
            throw malformed("more than " + Policy.DEFINITIONS_MAX + " " + what);
        }
    }

    private static MalformedException malformed(String what) {
        return new MalformedException(FORMAT, what);
    }
}
