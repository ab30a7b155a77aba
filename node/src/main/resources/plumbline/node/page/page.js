// The node's page: a chat whose answers are checked here, in the browser, from their bundles (spec/bundle.md V1-V13).
import { check } from '/page-check.js';

const at = id => document.getElementById(id);
// A new chat is another list: an answer that still runs for the old one adds nothing to it.
let messages = [];
let running;
let apiKey = sessionStorage.getItem('api-key') ?? '';

function add(parent, tag, text, kind) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (kind) node.className = kind;
  parent.append(node);
  return node;
}

function hex(bytes) {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}

/** What needs a key where the node wants one (spec/api.md A112). */
function ask(path, options = {}) {
  const headers = { 'Content-Type': 'application/json', ...(apiKey && { 'x-api-key': apiKey }) };
  return fetch(path, { ...options, headers });
}

/** Events of a stream as they come, parsed. */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const blocks = rest.split('\n\n');
    rest = blocks.pop();
    for (const block of blocks) {
      if (block.startsWith('data: ') && block !== 'data: [DONE]') yield JSON.parse(block.slice(6));
    }
  }
}

async function answer(question) {
  add(at('talk'), 'div', question, 'mine');
  const shown = add(at('talk'), 'div', '', 'theirs waiting');
  shown.scrollIntoView({ block: 'nearest' });
  const chat = messages;
  chat.push({ role: 'user', content: question });
  const nonce = hex(crypto.getRandomValues(new Uint8Array(32)));
  const sent = JSON.stringify({
    model: at('model').value, messages: chat, stream: true, nonce, plumbline: { tokens: true },
  });
  const said = { sent, nonce, text: '', tokens: [], pieces: [], started: performance.now() };
  running = new AbortController();
  busy(true);
  let end = '';
  try {
    const reply = await ask('/v1/chat/completions', { method: 'POST', body: sent, signal: running.signal });
    if (!reply.ok) throw new Error((await reply.json()).error.message);
    said.id = reply.headers.get('plumb-receipt');
    said.secret = reply.headers.get('plumb-receipt-secret');
    for await (const event of events(reply.body)) take(event, said, shown);
  } catch (e) {
    said.stopped = e.name === 'AbortError';
    end = said.stopped ? 'Stopped.' : (said.text ? 'The answer broke off: ' : 'No answer: ')
      + (e instanceof TypeError ? 'the node does not answer' : e.message); // what fetch says of a lost connection
  }
  if (chat !== messages) return;
  busy(false);
  shown.classList.remove('waiting');
  if (said.reason === 'length') end = 'Cut: the answer has as many tokens as one may have here.';
  if (end) add(at('talk'), 'p', end, said.stopped || said.reason ? 'soft' : 'failed');
  if (said.text) chat.push({ role: 'assistant', content: said.text }); else chat.pop();
  at('question').focus({ preventScroll: true });
  if (said.id && said.text) await mark(said);
}

function take(event, said, shown) {
  if (event.error) throw new Error(event.error.message);
  const choice = event.choices[0];
  if (choice?.delta?.content) {
    said.first ??= performance.now();
    said.text += choice.delta.content;
    // Who has scrolled up to read stays there.
    const isFollowed = shown.getBoundingClientRect().bottom <= innerHeight;
    shown.classList.remove('waiting');
    shown.textContent = said.text;
    if (isFollowed) shown.scrollIntoView({ block: 'nearest' });
  }
  if (choice?.plumbline) {
    said.tokens.push(...choice.plumbline.tokens);
    said.pieces.push(choice.plumbline);
  }
  if (choice?.finish_reason) said.reason = choice.finish_reason;
  if (event.timings) Object.assign(said, { timings: event.timings, kernel: event.kernel });
}

/** The facts under an answer; each opens all that stands behind them. */
async function mark(said) {
  const marks = add(at('talk'), 'div', undefined, 'marks');
  add(marks, 'span', 'checking …', 'soft');
  let verdict;
  try {
    verdict = await check(said, await bundle(said));
  } catch (e) {
    verdict = { facts: [{ state: 'bad', name: 'not checked: ' + e.message }], checks: [] };
  }
  const inside = add(at('talk'), 'div', undefined, 'inside');
  inside.hidden = true;
  inside.id = 'inside-' + said.id;
  marks.replaceChildren();
  for (const fact of [...verdict.facts, { name: 'details', state: 'more' }]) {
    const button = add(marks, 'button', fact.name, 'mark ' + fact.state);
    button.type = 'button';
    button.setAttribute('aria-expanded', 'false');
    button.setAttribute('aria-controls', inside.id);
    button.addEventListener('click', () => {
      inside.hidden = !inside.hidden;
      for (const other of marks.children) other.setAttribute('aria-expanded', String(!inside.hidden));
      if (!inside.hidden) inside.scrollIntoView({ block: 'nearest' });
    });
  }
  details(inside, said, verdict);
}

/** A receipt of an answer that was stopped is written a moment after the stream ends. */
async function bundle(said) {
  for (let tries = 0; tries < 20; tries++) {
    const reply = await fetch('/v1/receipts/' + said.id, { headers: { 'plumb-receipt-secret': said.secret } });
    if (reply.ok) return said.bundle = await reply.text();
    await new Promise(done => setTimeout(done, 250));
  }
  throw new Error('the node has no such receipt');
}

function details(inside, said, verdict) {
  add(inside, 'h2', 'What was checked');
  const list = add(inside, 'ul');
  for (const one of verdict.checks) {
    add(list, 'li', { passed: '✓ ', failed: '✗ ', left: '– ' }[one.result] + one.text);
  }
  add(inside, 'h2', said.tokens.length + ' tokens');
  const tokens = add(inside, 'div', undefined, 'tokens');
  tokens.tabIndex = 0;
  tokens.setAttribute('role', 'group');
  tokens.setAttribute('aria-label', 'the tokens, each with its number');
  for (const piece of said.pieces) {
    const token = add(tokens, 'span', piece.text.replaceAll('\n', '⏎'));
    add(token, 'small', piece.tokens.join(' '));
  }
  add(inside, 'h2', 'Time');
  const times = add(inside, 'ul');
  if (said.first) add(times, 'li', 'first text after ' + Math.round(said.first - said.started) + ' ms');
  if (said.timings) {
    const rate = (said.tokens.length / Math.max(1, said.timings.decode_ms) * 1000).toFixed(1);
    add(times, 'li', 'the node says: prompt ' + said.timings.prefill_ms + ' ms, answer ' + said.timings.decode_ms + ' ms, '
      + rate + ' tokens a second, kernel ' + said.kernel);
  }
  if (said.bundle) {
    const save = add(inside, 'button', 'Save the bundle');
    save.type = 'button';
    save.addEventListener('click', () => {
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([said.bundle]));
      link.download = said.id + '.bundle';
      link.click();
      URL.revokeObjectURL(link.href);
    });
  }
}

function busy(is) {
  at('send').disabled = is;
  at('stop').disabled = !is;
}

let listed = '';

async function models() {
  const reply = await ask('/v1/models');
  at('access').hidden = reply.status !== 401;
  const body = await reply.json();
  if (!reply.ok) {
    at('models').replaceChildren();
    add(at('models'), 'li', body.error.message, 'soft');
    at('send').disabled = true;
    return;
  }
  const list = body.data, now = JSON.stringify(list);
  if (now === listed) return;
  listed = now;
  const chosen = at('model').value;
  at('model').replaceChildren();
  at('models').replaceChildren();
  for (const model of list) {
    add(at('model'), 'option', model.id);
    const item = add(at('models'), 'li');
    add(item, 'strong', model.id);
    const size = add(item, 'div', (model.size_bytes / 1e6).toFixed(1) + ' MB', 'soft');
    add(item, 'code', model.model_id);
    const licence = add(item, 'div', '', 'soft');
    ask('/api/show', { method: 'POST', body: JSON.stringify({ model: model.id }) }).then(reply => reply.json()).then(
      shown => {
        const { parameter_size: weights, quantization_level: type } = shown.details;
        if (weights) size.textContent += `, ${weights} weights, most of ${type}`;
        licence.textContent = 'licence: ' + (shown.license || 'the file names none');
      });
  }
  if (list.some(model => model.id === chosen)) at('model').value = chosen;
  if (!list.length) add(at('models'), 'li', 'None yet: plumb publish FILE --name NS/NAME', 'soft');
  at('send').disabled = !list.length || !at('stop').disabled;
}

const sizes = [];
const MODELS_EVERY = 5;
let rounds = 0;

async function watch() {
  try {
    const ready = await fetch('/v2/health/ready');
    const state = ready.ok ? 'ready' : (await ready.json()).error.message;
    at('health').className = ready.ok ? 'ready' : 'down';
    at('health').querySelector('.say').textContent = state;
    const lines = (await (await fetch('/checkpoint')).text()).split('\n');
    at('size').textContent = Number(lines[1]).toLocaleString();
    at('root').textContent = lines[2];
    sizes.push(Number(lines[1]));
    if (sizes.length > 60) sizes.shift();
    draw();
    if (rounds++ % MODELS_EVERY === 0) await models();
  } catch (gone) {
    at('health').className = 'down';
    at('health').querySelector('.say').textContent = 'the node does not answer';
  }
  setTimeout(watch, 2000);
}

function draw() {
  const low = Math.min(...sizes), span = Math.max(...sizes) - low || 1;
  const points = sizes.map((size, i) => `${(i * 236 / Math.max(1, sizes.length - 1) + 2).toFixed(1)},`
    + (40 - 36 * (size - low) / span).toFixed(1));
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'polyline');
  line.setAttribute('points', points.join(' '));
  at('growth').replaceChildren(line);
}

at('ask').addEventListener('submit', event => {
  event.preventDefault();
  const question = at('question').value.trim();
  if (!question || at('send').disabled) return;
  at('question').value = '';
  answer(question);
});
at('access').addEventListener('submit', event => {
  event.preventDefault();
  apiKey = at('key-in').value.trim();
  sessionStorage.setItem('api-key', apiKey);
  models();
  at('question').focus();
});
at('question').addEventListener('keydown', event => {
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    at('ask').requestSubmit();
  }
});
addEventListener('keydown', event => {
  if (event.key === 'Escape') running?.abort();
});
at('stop').addEventListener('click', () => running?.abort());
at('fresh').addEventListener('click', () => {
  running?.abort();
  messages = [];
  busy(false);
  at('talk').replaceChildren();
  at('question').focus();
});
at('key').textContent = (await (await fetch('/v1/key')).text()).trim();
watch();
