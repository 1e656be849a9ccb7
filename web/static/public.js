/* statusd, pages for readers. Everything works without this file; it adds the
   reader's own time zone, a day cursor on the uptime strips, and quiet updates.
   Nothing here writes HTML: the pages forbid it (Trusted Types). */
(() => {
  const all = (q, el = document) => [...el.querySelectorAll(q)];
  const html = document.documentElement;
  const say = document.getElementById('say');
  const kept = { get: (k) => { try { return localStorage[k]; } catch { return ''; } }, set: (k, v) => { try { localStorage[k] = v; } catch { /* storage is off */ } } };

  /* 1. Times. The server prints the page's zone; the reader may have their own. */
  const zone = document.querySelector('[data-zone]');
  const form = (more) => new Intl.DateTimeFormat(html.lang + '-u-nu-latn', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZoneName: 'short', ...more });
  const near = { day: 'numeric', month: 'short' }, forms = [form(), form(near), form({ ...near, year: 'numeric' })];
  const mine = (d, dated) => { /* the day only where it is not today, or the page has one; so the year */
    const now = new Date(), far = d.getFullYear() !== now.getFullYear();
    return forms[far ? 2 : dated || d.toDateString() !== now.toDateString() ? 1 : 0].format(d);
  };
  let own = kept.get('zone') === 'own';
  const times = () => {
    all('time[datetime*=T]').forEach((t) => {
      t.dataset.page ??= t.textContent;
      const d = new Date(t.dateTime);
      if (isNaN(d)) return;
      const text = mine(d, !/^\d\d:/.test(t.dataset.page));
      [t.textContent, t.title] = own ? [text, t.dataset.page] : [t.dataset.page, text];
    });
    if (!zone) return;
    zone.textContent = own ? zone.dataset.page : zone.dataset.zone;
    zone.previousElementSibling.hidden = own; /* says in which zone the page's times are */
  };
  if (zone) {
    zone.hidden = false;
    zone.onclick = () => { own = !own; kept.set('zone', own ? 'own' : ''); times(); };
  }

  /* 2. Strips: one tab stop each; pointer or arrow keys read out any day. */
  const tip = document.createElement('div');
  tip.className = 'tip'; tip.hidden = true; tip.setAttribute('aria-hidden', 'true');
  document.body.append(tip);
  const words = document.body.dataset;
  const day = new Intl.DateTimeFormat(html.lang, { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' });
  const strips = () => all('.strip').forEach((a) => {
    const rtl = getComputedStyle(a).direction === 'rtl';
    const end = new Date(a.closest('[data-end]').dataset.end + 'T00:00Z');
    const notes = {}, since = +a.dataset.from || 0;
    all('path', a).forEach((p) => {
      const t = p.querySelector('title');
      if (t) { notes[parseInt(p.getAttribute('d').slice(1), 10)] = t.textContent; t.remove(); }
    });
    let n = 90, mark;
    const box = () => a.firstElementChild.getBoundingClientRect(); /* wider than a on phones */
    const show = (i, aloud) => {
      n = Math.max(box().width > a.offsetWidth + 9 ? 45 : 0, Math.min(89, i));
      const text = day.format(end - (89 - n) * 864e5) + '\n' + (n < since ? words.nothing : notes[n] || words.quiet);
      mark ??= a.appendChild(document.createElement('i'));
      const x = (n + 0.5) / 90, r = box(), w = a.getBoundingClientRect();
      mark.style.insetInlineStart = w.width - (1 - x) * r.width - 1 + 'px';
      tip.textContent = text; tip.hidden = false;
      const at = r.left + (rtl ? 1 - x : x) * r.width - tip.offsetWidth / 2;
      tip.style.left = Math.max(8, Math.min(innerWidth - tip.offsetWidth - 8, at)) + scrollX + 'px';
      tip.style.top = r.top + scrollY - tip.offsetHeight - 10 + 'px';
      if (aloud) { say.lang = html.lang; say.textContent = text; }
    };
    const hide = () => { tip.hidden = true; mark?.remove(); mark = undefined; };
    a.onpointermove = a.onpointerdown = (e) => {
      const r = box(), f = (e.clientX - r.left) / r.width;
      show(Math.floor((rtl ? 1 - f : f) * 90));
    };
    a.onpointerleave = a.onblur = hide;
    a.onkeydown = (e) => {
      const step = { ArrowLeft: rtl ? 1 : -1, ArrowRight: rtl ? -1 : 1, PageUp: -7, PageDown: 7, Home: -99, End: 99 }[e.key];
      if (e.key === 'Escape') return hide();
      if (!step) return;
      e.preventDefault(); show(n + step, true);
    };
    a.onclick = () => { if (mark && n >= since) a.href = a.href.split('#')[0] + '#' + new Date(end - (89 - n) * 864e5).toISOString().slice(0, 10); };
  });

  /* 3. Live. A stream says that there is something new, or where there can be
     none a small file is asked now and then. The page itself is fetched and put
     in place only while the reader is at its top and not inside; else offered. */
  const fresh = () => new Promise((ok, no) => {
    const x = new XMLHttpRequest();
    x.open('GET', location.pathname + location.search);
    x.responseType = 'document'; x.timeout = 15000;
    x.setRequestHeader('Cache-Control', 'no-cache');
    x.onload = () => (x.status === 200 && x.response?.querySelector('main') ? ok(x.response) : no(x.status));
    x.onerror = x.ontimeout = no;
    x.send();
  });
  const name = (d) => d.querySelector('summary')?.textContent;
  const swap = async () => {
    const doc = await fresh();
    const open = new Map(all('main details').map((d) => [name(d), d.open]));
    const main = document.querySelector('main'), now = [...doc.querySelector('main').childNodes];
    const sheet = main.querySelector('link'), at = now.findIndex((n) => n.nodeName === 'LINK');
    [...main.childNodes].forEach((n) => n !== sheet && n.remove()); /* a sheet that is taken out and put in again flashes */
    if (sheet && at >= 0) { sheet.before(...now.slice(0, at)); sheet.after(...now.slice(at + 1)); } else main.append(...now);
    all('main details').forEach((d) => { if (open.has(name(d))) d.open ||= open.get(name(d)); });
    document.title = doc.title;
    const icon = (d) => d.querySelector('link[rel=icon]');
    icon(document).href = icon(doc).href;
    const sprite = (d) => d.querySelector('body > svg');
    if (sprite(document) && sprite(doc)) sprite(document).replaceWith(sprite(doc));
    ready(); said();
  };
  const dot = () => document.querySelector('.live');
  const said = (text, cut) => { /* what the dot says; nothing: that it is live */
    const el = dot();
    if (!el) return;
    el.hidden = false; el.toggleAttribute('data-stale', !!cut);
    el.replaceChildren(text || el.dataset.word);
  };
  let tag = dot()?.dataset.tag, missed = 0, timer, source;
  const heard = async (raw) => {
    const m = JSON.parse(raw);
    if (missed) { missed = 0; said(); }
    if (m.tag === tag) return;
    tag = m.tag;
    say.lang = m.lang || html.lang;
    say.textContent = m.say;
    if (scrollY < 80 && !document.querySelector('main :focus')) return swap().catch(lost);
    const b = document.createElement('button');
    b.type = 'button'; b.className = 'btn'; b.textContent = dot().dataset.offer;
    b.onclick = () => swap().then(() => scrollTo(0, 0), lost);
    dot().hidden = false; dot().replaceChildren(b);
    if (scrollY > 80) dot().classList.add('away');
  };
  const lost = () => { if (++missed > 2) said(dot().dataset.lost, true); };
  const poll = () => {
    clearTimeout(timer);
    timer = setTimeout(poll, 30000 * (0.7 + 0.6 * Math.random()));
    if (document.hidden) return;
    fetch('/live.json?lang=' + html.lang, { cache: 'no-cache' }).then((r) => (r.ok ? r.text() : Promise.reject())).then(heard).catch(lost);
  };
  const stream = () => {
    if (!window.EventSource) return poll();
    source = new EventSource('/live?lang=' + html.lang);
    source.onmessage = (e) => heard(e.data).catch(lost);
    source.onerror = () => {
      lost();
      if (source.readyState === 2) { source.close(); poll(); } /* refused: ask instead */
    };
  };

  /* 4. Share and print. A button that needs this script is shown by it. */
  const address = document.querySelector('link[rel=canonical]')?.href || location.href;
  const acts = {
    print: () => print(),
    share: (b) => (navigator.share?.({ title: document.title, url: address })
      ?? navigator.clipboard.writeText(address).then(() => { say.textContent = b.textContent = b.dataset.done; })).catch(() => {}),
  };
  const buttons = () => all('[data-do]').forEach((b) => {
    b.hidden = b.dataset.do === 'share' && !navigator.share && !navigator.clipboard;
    b.onclick = () => acts[b.dataset.do](b);
  });
  const ready = () => { times(); strips(); buttons(); };
  ready();
  if (dot()) {
    said();
    stream();
    addEventListener('pagehide', () => source?.close());
    addEventListener('pageshow', (e) => { if (e.persisted) stream(); });
  }
})();
