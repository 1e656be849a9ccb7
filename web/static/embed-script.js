/* statusd: a frame in a corner of your own pages, while something is open. */
((w) => {
  const tag = document.currentScript, home = new URL(tag.src).origin, small = screen.width < 450;
  const frame = document.createElement('iframe');
  const look = (s) => Object.assign(frame.style, s);
  frame.title = w.title;
  frame.src = home + '/embed/frame' + (small ? '?mobile=true' : '');
  look({ position: 'fixed', border: 'none', zIndex: 9999, boxShadow: '0 12px 32px -8px rgba(0,0,0,.3)', width: small ? '100vw' : '320px', height: small ? '20vh' : '115px' });
  const hide = () => look({ left: '-9999px', right: 'auto', bottom: small ? '0' : '60px', visibility: 'hidden' });
  const show = () => {
    const right = !small && (tag.dataset.position || '').endsWith('right');
    look({ left: small ? '0' : right ? 'auto' : '60px', right: right ? '60px' : 'auto', visibility: 'visible' });
    if (!small && (tag.dataset.position || '').startsWith('top')) look({ top: '60px', bottom: 'auto' });
  };
  const act = { showFrame: show, dismissFrame: hide };
  hide();
  addEventListener('message', (e) => { if (e.source === frame.contentWindow && e.origin === home) act[e.data.action]?.(); });
  window.statusEmbedTest = show;
  const place = () => document.body.append(frame);
  if (document.body) place(); else addEventListener('DOMContentLoaded', place);
})({/*words*/});
