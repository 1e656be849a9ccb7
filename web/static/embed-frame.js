/* statusd, the pages that stand in frames of other sites. They follow the page,
   and the one in a corner asks to be shown while there is news. */
(() => {
  const { tag, key } = document.body.dataset, close = document.querySelector('button');
  const kept = (v) => { try { return v ? localStorage.frame = v : localStorage.frame; } catch { /* storage is off */ } };
  const say = (action) => parent.postMessage({ action }, '*'); /* nothing secret, and whose page this is in is not known */
  if (key !== undefined) say(key && kept() !== key ? 'showFrame' : 'dismissFrame');
  if (close) {
    close.hidden = false;
    close.onclick = () => { kept(key); say('dismissFrame'); };
  }
  const ask = () => {
    setTimeout(ask, 6e4 * (0.7 + 0.6 * Math.random()));
    if (document.hidden) return;
    fetch('/live.json').then((r) => r.json()).then((m) => { if (m.tag !== tag) location.reload(); }).catch(() => { /* the next time */ });
  };
  setTimeout(ask, 3e4);
})();
