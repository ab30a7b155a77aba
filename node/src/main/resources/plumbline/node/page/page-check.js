// Checks a bundle in the browser: that it is about this question and this answer, and in the node's log.
// Source: spec/bundle.md, spec/receipt.md, spec/log.md. The whole verifier, replay included, is `plumb verify`.

const utf8 = new TextEncoder();

function bytes64(text) {
  return text === '-' ? new Uint8Array() : Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
}

function fromHex(text) {
  return Uint8Array.from(text.match(/../g) ?? [], pair => parseInt(pair, 16));
}

function joined(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    all.set(part, place);
    place += part.length;
  }
  return all;
}

async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', joined(...parts)));
}

function same(a, b) {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function lines(block) {
  return Object.fromEntries(block.trim().split('\n').map(line => {
    const space = line.indexOf(' ');
    return [line.slice(0, space), line.slice(space + 1)];
  }));
}

function read(bundle) {
  const [head, receipt, parts, proof, checkpoint, signature] = bundle.split('\n\n');
  if (head !== 'plumbline bundle v1' || !signature) throw new Error('this is no bundle');
  return { receipt: receipt + '\n', parts: lines(parts), proof: proof.split('\n'), checkpoint: checkpoint + '\n', signature };
}

async function opened(name, read, fields) {
  const [salt, content] = read.parts[name].split(' ');
  const bytes = bytes64(content);
  const found = await sha256(utf8.encode(`plumbline commitment v1\n${name}\n`), fromHex(salt), bytes);
  return same(found, fromHex(fields[name].split(' ')[0])) ? bytes : null;
}

function ids(bytes) {
  const view = new DataView(bytes.buffer);
  return Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i, true));
}

/** The root that an inclusion proof leads to (RFC 9162, section 2.1.3.2). */
async function root(leaf, index, size, path) {
  const node = (left, right) => sha256(new Uint8Array([1]), left, right);
  let hash = leaf, at = BigInt(index), last = BigInt(size) - 1n;
  for (const other of path) {
    if (last === 0n) return null;
    if (at & 1n || at === last) {
      hash = await node(other, hash);
      while (!(at & 1n) && at !== 0n) {
        at >>= 1n;
        last >>= 1n;
      }
    } else {
      hash = await node(hash, other);
    }
    at >>= 1n;
    last >>= 1n;
  }
  return last === 0n ? hash : null;
}

async function signed(read, node) {
  const key = bytes64(node.split('+').slice(2).join('+')).slice(1);
  const signature = bytes64(read.signature.trim().split(' ').pop()).slice(4);
  try {
    const imported = await crypto.subtle.importKey('raw', key, 'Ed25519', false, ['verify']);
    return await crypto.subtle.verify('Ed25519', imported, signature, utf8.encode(read.checkpoint));
  } catch (unsupported) {
    return null;
  }
}

/** Facts for people and the checks behind them, of what was asked and shown (`said`) and its bundle. */
export async function check(said, bundle) {
  if (!crypto.subtle) throw new Error('a browser checks only on pages that came over HTTPS or from localhost; save the bundle');
  const all = read(bundle);
  const fields = lines(all.receipt);
  const checks = [];
  const tell = (isTrue, text) => {
    checks.push({ result: isTrue === null ? 'left' : isTrue ? 'passed' : 'failed', text });
    return isTrue;
  };
  const request = await opened('request', all, fields);
  const text = await opened('text', all, fields);
  const output = await opened('output', all, fields);
  const prompt = await opened('prompt', all, fields);
  const asked = [
    tell(fields.nonce === said.nonce + ' client', 'the receipt has the nonce that this page chose: the answer is fresh'),
    tell(request !== null && same(request, utf8.encode(said.sent)), 'the receipt is of the bytes that this page sent'),
  ];
  // Who stops an answer doesn't see what the node had sent meanwhile.
  const begins = (whole, shown) => said.stopped ? whole.slice(0, shown.length) : whole;
  const part = said.stopped ? 'the beginning of the' : 'the';
  const answered = [
    tell(text !== null && begins(new TextDecoder().decode(text), said.text) === said.text,
      `the text shown is ${part} text that the receipt commits to`),
    tell(output !== null && begins(ids(output), said.tokens).join() === said.tokens.join(),
      `the tokens shown are ${part} tokens that it commits to`),
    tell(prompt !== null, 'its prompt tokens are opened: ' + (prompt === null ? 'no' : ids(prompt).length)),
  ];
  const [, index] = all.proof[1].split(' ');
  const [origin, size, rootLine] = all.checkpoint.split('\n');
  const leaf = await sha256(new Uint8Array([0]), await sha256(utf8.encode(all.receipt)));
  const found = await root(leaf, index, size, all.proof.slice(2).map(bytes64));
  const logged = [
    tell(found !== null && same(found, bytes64(rootLine)), `the receipt is entry ${index} of the ${size} in the log ${origin}`),
    tell(await signed(all, fields.node), 'the checkpoint is signed with the key ' + fields.node),
  ];
  checks.push({ result: 'left', text: 'not re-run here: plumb verify --replay does that, on any machine' });
  const fact = (results, good, bad) => results.includes(false) ? { state: 'bad', name: '✗ ' + bad }
    : results.includes(null) ? { state: '', name: '– ' + good + ', in part' } : { state: 'good', name: '✓ ' + good };
  return {
    checks,
    facts: [
      fact(asked, 'of your question', 'of another question'),
      fact(answered, said.stopped ? 'of this answer, as far as shown' : 'of this answer', 'of another answer'),
      fact(logged, 'signed, in the log', 'not in the log'),
      { state: '', name: '– not re-run' },
    ],
  };
}
