// statusd, staff pages. Every form works without this file: the server fills in
// the same words and sends the same preview back. This saves taps. It writes no
// markup of its own: what it shows was rendered by the server and parsed by the
// browser as a document, so no text becomes script.

const all = (sel, root = document) => [...root.querySelectorAll(sel)];
const says = (text) => { const el = document.getElementById('says'); if (el) el.textContent = text; };
const later = (ms, fn) => { let t; return (...a) => { clearTimeout(t); t = setTimeout(() => fn(...a), ms); }; };

// Sends the fields and hands on the answer as a document; nothing on failure.
function ask(fields, then) {
  const x = new XMLHttpRequest();
  x.open('POST', '/admin/preview');
  x.responseType = 'document';
  x.onload = () => { if (x.response && x.status < 500) then(x.response); };
  x.send(new URLSearchParams(fields));
  return x;
}

// A ready sentence holds placeholders: {services} and {next}. The server fills
// them, here for the eye and once more when the form is sent, so that a promised
// time counts from that moment. form.template is the text that holds them; null
// when there are none, or when somebody typed into what they became.
const holds = (text) => /\{(services|next)\}/.test(text);
const same = (a, b) => a.replaceAll('\r', '') === b.replaceAll('\r', '');

function filler(form) {
  const field = form.elements.body, { body_template: made, body_was: was } = form.elements;
  form.template = made && same(field.value, was.value) ? made.value.replaceAll('\r', '') : null;
  ends(form);
  field.addEventListener('input', (e) => { if (e.isTrusted) form.template = form.template !== null && holds(field.value) ? field.value : null; });
  form.addEventListener('formdata', ({ formData: sent }) => {
    if (form.template === null) return;
    sent.set('body_template', form.template);
    sent.set('body_was', field.value);
  });
}

const text = (form) => form.template ?? form.elements.body.value;

// The ready sentences of a form, and how the one at its end is shown there.
const ready = (form) => [...all('[data-text]', form).map((b) => b.dataset.text), ...(form.dataset.wordsUsual ? [form.dataset.wordsUsual] : [])];
function ends(form) {
  const last = ready(form).find((r) => form.template !== null && form.template.endsWith('\n\n' + r)), field = form.elements.body;
  const above = last ? form.template.slice(0, -last.length) : '';
  form.shown = last && field.value.startsWith(above) ? field.value.slice(above.length) : '';
}

// Puts a text into the field; one that is the page's own shows as the page filled it.
function put(form, value) {
  const { body: field, body_template: made, body_was: was } = form.elements;
  form.template = holds(value) ? value : null;
  field.value = made && same(value, made.value) ? was.value : value;
  ends(form);
}

// Shows the text in every place that previews it, as the page will show it.
function preview(form, more = []) {
  if (form.asking) form.asking.abort();
  const next = form.elements.next_update_by, sent = text(form);
  form.asking = ask([['text', sent], ['max', form.dataset.max || ''], ['next_update_by', next ? next.value : ''], ['incident', form.dataset.incident || ''], ...more], (doc) => {
    const from = doc.getElementById('text'), wrong = doc.getElementById('wrong');
    all('[data-p=text]', form).forEach((el) => {
      el.replaceChildren(...[...(wrong ? [wrong] : from.childNodes)].map((n) => document.importNode(n, true)));
      el.hidden = !sent.trim();
    });
    if (form.template === sent) { fill(form.elements.body, doc.getElementById('filled').textContent); ends(form); }
    all('[data-p=next]', form).forEach((el) => { el.textContent = doc.getElementById('next').textContent; });
    if (form.looking) form.querySelector('[data-seen]').scrollIntoView({ block: 'nearest' });
    form.looking = false;
    const tell = doc.getElementById('tell');
    if (tell) count(form, tell.dataset);
  });
}

// Whoever is typing keeps their place.
function fill(field, value) {
  if (field.value === value) return;
  const at = field.value.length - field.selectionEnd, here = document.activeElement === field;
  field.value = value;
  if (here) field.setSelectionRange(value.length - at, value.length - at);
}

function count(form, n) {
  const go = form.querySelector('[data-go]');
  go.dataset.count = go.dataset.end = n.count;
  go.dataset.people = go.dataset.ends = n.people;
  label(form);
}

const over = (state) => state === 'resolved' || state === 'completed';

// The button says what it does: how many people hear of it. The box beside it says the same.
function label(form) {
  const go = form.querySelector('[data-go]'), notify = form.elements.notify;
  if (!go || !notify) return;
  const state = form.elements.state ? form.elements.state.value : '';
  const n = over(state) ? go.dataset.end : go.dataset.count;
  all('[data-who]', form).forEach((el) => { el.textContent = over(state) ? go.dataset.ends : go.dataset.people; });
  const told = n === '0' ? go.dataset.none : go.dataset.told.replace('{n}', n);
  go.textContent = notify.checked ? told : go.dataset.untold;
}

function list(form, names) {
  const w = form.dataset;
  if (!names.length) return w.wordsOurs;
  if (names.length > 3) return w.wordsSeveral;
  if (names.length === 1) return names[0];
  const two = (tpl, a, b) => tpl.replace('{a}', () => a).replace('{b}', () => b);
  return names.length === 2 ? two(w.wordsAnd, ...names) : two(w.wordsMany, names.slice(0, -1).join(', '), names.at(-1));
}

function composer(form) {
  const title = form.elements.title, go = form.querySelector('[data-go]');
  form.titled = title.value !== ''; // by somebody: it does not follow the services
  title.addEventListener('input', () => { form.titled = title.value !== ''; });
  const chosen = () => all('[name=components]', form).filter((i) => {
    const own = form.elements['m-' + i.value];
    return own && own.value ? own.value !== 'ok' : i.checked;
  });
  const show = later(250, () => {
    preview(form, [['telling', go.dataset.telling], ...chosen().map((i) => ['components', i.value])]);
  });
  const run = () => {
    const on = chosen(), named = on.map((i) => i.dataset.name).filter(Boolean), names = list(form, named); // hidden ones have no name
    if (!form.titled) title.value = named.length ? form.dataset.wordsTitle.replace('{services}', () => names) : '';
    const seen = title.value || form.dataset.wordsTitle.replace('{services}', '…');
    all('[data-p=title]', form).forEach((el) => { el.textContent = seen; });
    all('.inc', form).forEach((el) => { el.dataset.s = form.elements.impact.value; });
    const state = form.querySelector('[name=state]:checked');
    const word = state ? state.closest('label').textContent.trim() : '';
    all('[data-p=state]', form).forEach((el) => { el.textContent = word; });
    all('[data-p=subject]', form).forEach((el) => { el.textContent = word + ': ' + seen; });
    go.disabled = !on.length && !form.titled;
    label(form);
    show();
  };
  form.addEventListener('input', run);
  run();
}

// A form of an update: the text is shown as it will be, the button says whom it reaches.
function poster(form) {
  const show = later(400, () => preview(form));
  form.addEventListener('input', () => { label(form); show(); });
  label(form);
}

// Preview leaves the page where it is: what it asks for is shown already, or
// one scroll away. Where it stands beside the text the button is not needed.
function stays(form) {
  const seen = form.querySelector('[data-seen]');
  if (!seen) return;
  if (seen.matches('[data-beside]')) all('.bar [name=preview]', form).forEach((b) => b.classList.add('idle'));
  form.addEventListener('click', (e) => {
    if (!e.target.closest('[name=preview]')) return;
    e.preventDefault();
    form.looking = true;
    form.dispatchEvent(new Event('input', { bubbles: true }));
  });
}

// What was typed, without the ready sentence that stands alone or below it.
function typed(form) {
  const now = text(form).trim(), of = ready(form);
  if (of.includes(now)) return '';
  const last = [...of, form.shown].find((r) => r && now.endsWith('\n\n' + r));
  return last ? now.slice(0, -last.length).trim() : now;
}

// A ready sentence goes into the field; it may also mean a step. It takes the
// place of nothing or of another one, and else stands below what was typed.
function snippets(form) {
  form.addEventListener('click', (e) => {
    const b = e.target.closest('[data-text]'), field = form.elements.body;
    if (!b) return;
    e.preventDefault();
    const above = typed(form);
    put(form, above ? above + '\n\n' + b.dataset.text : b.dataset.text);
    if (b.dataset.state) all('[name=state]', form).forEach((i) => { i.checked = i.value === b.dataset.state; });
    form.dispatchEvent(new Event('input', { bubbles: true }));
    field.focus();
  });
}

// What was typed is kept on this device until it was sent: per person and form.
// It is known to be sent when the next page does not hold the form's key.
const kept = (el) => el.name && el.name !== 'key' && el.name !== 'expect' && !el.name.endsWith('_was') && !['password', 'hidden', 'submit', 'button', 'file'].includes(el.type);
const choice = (el) => /checkbox|radio/.test(el.type);
const worth = (form, el) => {
  if (choice(el)) return el.checked;
  if (el.name === 'body') return text(form);
  return el.name === 'title' && form.titled === false ? '' : el.value; // one that follows the services is nobody's word
};
const read = (form) => [...form.elements].filter(kept).map((el) => [el.name, choice(el) ? el.value : '', worth(form, el)]);

// Puts what was typed back, or only what the names allow, and opens every fold that holds some of it.
function write(form, fields, only = null) {
  for (const el of [...form.elements].filter((x) => kept(x) && (!only || only.includes(x.name)))) {
    const f = fields.find(([name, value, is]) => name === el.name && (choice(el) ? value === el.value : typeof is === 'string'));
    if (!f || worth(form, el) === f[2]) continue;
    if (choice(el)) el.checked = f[2]; else if (el.name === 'body' && 'template' in form) put(form, f[2]); else el.value = f[2];
    if (el.name === 'title' && 'titled' in form) form.titled = f[2] !== '';
    for (let fold = el.closest('details'); fold; fold = fold.parentElement.closest('details')) fold.open = true;
  }
  form.dispatchEvent(new Event('input', { bubbles: true }));
}

// A draft is of the revision that it was written on. When that has moved, only
// the words come back: a step, a service or a time of then would turn it back.
const words = ['title', 'body', 'subject', 'letter'];
const revision = (form) => form.elements.expect ? form.elements.expect.value : '';

function restore(form, was, note) {
  const draft = JSON.parse(was), before = JSON.stringify(read(form));
  const moved = (draft.on ?? '') !== revision(form);
  write(form, draft.fields ?? draft, moved ? words : null); // once a draft was only its fields
  if (!note || JSON.stringify(read(form)) === before) return;
  note.hidden = false;
  note.querySelector('[data-moved]').hidden = !moved;
}

function drafts() {
  const who = 'statusd:' + (document.body.dataset.who || '') + ':';
  let sent = null;
  try {
    sent = JSON.parse(sessionStorage.getItem('statusd:sent') || 'null');
    if (sent && !all('[name=key]').some((i) => i.value === sent.key)) localStorage.removeItem(sent.name);
    sessionStorage.removeItem('statusd:sent');
  } catch { return; } // no storage, no drafts
  for (const form of all('form[data-draft]')) {
    const name = who + form.getAttribute('action'), key = form.elements.key ? form.elements.key.value : '';
    const fresh = JSON.stringify(read(form)), note = form.querySelector('[data-restored]');
    const was = localStorage.getItem(name);
    const refused = document.querySelector('[data-faults]') || (sent && sent.key === key) || location.search;
    if (was && !refused) restore(form, was, note);
    if (note) {
      note.querySelector('button').addEventListener('click', () => {
        write(form, JSON.parse(fresh));
        localStorage.removeItem(name);
        note.hidden = true;
      });
    }
    form.addEventListener('input', later(300, () => {
      const fields = read(form);
      if (JSON.stringify(fields) === fresh) localStorage.removeItem(name); else localStorage.setItem(name, JSON.stringify({ on: revision(form), fields }));
    }));
    form.addEventListener('submit', (e) => {
      if (e.defaultPrevented) return;
      sessionStorage.setItem('statusd:sent', JSON.stringify({ name, key }));
    });
  }
}

// A lost connection keeps the text: the form stays where it is.
function connection() {
  const tell = () => says('No connection. Your text is kept. Press the button again when it is back.');
  addEventListener('offline', tell);
  addEventListener('online', () => says('The connection is back.'));
  addEventListener('submit', (e) => { if (!navigator.onLine) { e.preventDefault(); tell(); } }, true);
}

// The bar at the foot covers no field that somebody tabs to or types into.
function uncover() {
  const el = document.activeElement, bar = el.form && el.form.querySelector('.bar');
  if (!bar || bar.contains(el)) return;
  const field = el.getBoundingClientRect(), top = bar.getBoundingClientRect().top;
  if (field.bottom > top && field.height < top - 16) scrollBy(0, field.bottom - top + 8);
}

// The time left to undo.
function toast() {
  const el = document.querySelector('.toast');
  if (!el) return;
  const until = Date.now() + 1000 * el.querySelector('[data-seconds]').textContent;
  const tick = setInterval(() => {
    const left = Math.round((until - Date.now()) / 1000);
    el.querySelector('[data-seconds]').textContent = Math.max(0, left);
    if (left > 0) return;
    clearInterval(tick);
    const says = el.querySelector('[data-over]');
    says.textContent = says.dataset.over; // the line keeps its place: nothing below it jumps
    el.querySelector('form').hidden = true;
  }, 500);
}

all('form[data-composer], form[data-post]').forEach(filler);
all('form[data-composer]').forEach(composer);
all('form[data-post], form[data-live]').forEach(poster);
all('form[data-composer], form[data-post]').forEach(snippets);
all('form[data-composer], form[data-post], form[data-live]').forEach(stays);
drafts();
connection();
toast();
addEventListener('keyup', uncover);
// The sentence of what was done is said once: going back must not say it again.
if (new URLSearchParams(location.search).has('done')) history.replaceState(null, '', location.pathname + location.hash);
const faults = document.querySelector('[data-faults]');
if (faults) faults.focus();
const zone = document.querySelector('[data-zone] [name=time_zone]');
if (zone && zone.value === 'UTC') zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
