// weight.mjs: what a browser really transfers and how soon it paints. Usage:
//   PW=.../node_modules/playwright-core node weight.mjs URL [URL ...]
// The URLs are asked in turns, ROUNDS times (default 5), each with an empty cache; the first is the yardstick for the paints of the
// others. CHROMIUM (default chromium), SETTLE ms after load (default 300), KBPS and RTT (ms) of the line (e.g. KBPS=50 RTT=100; none:
// as fast as loopback), CODING to ask for one content coding only. Prints a line of JSON per URL: requests, those to other hosts,
// bytes on the wire by kind, elements, and medians of the first and the largest contentful paint in ms.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
const require = createRequire(join(process.cwd(), 'x.js'));
const { chromium } = require(process.env.PW || 'playwright-core');
const urls = process.argv.slice(2);
for (const u of urls) if (!['127.0.0.1', 'localhost', '[::1]'].includes(new URL(u).hostname)) throw new Error('loopback only: ' + u);
const env = process.env, rounds = +(env.ROUNDS || 5), settle = +(env.SETTLE || 300);
const med = (a) => a.sort((x, y) => x - y)[Math.floor(a.length / 2)];
const browser = await chromium.launch({
  executablePath: env.CHROMIUM || execFileSync('sh', ['-c', 'command -v chromium || command -v google-chrome']).toString().trim(),
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const all = new Map(urls.map((u) => [u, { fcp: [], lcp: [] }]));
const look = async (url, into) => {
  const ctx = await browser.newContext({ viewport: { width: 412, height: 823 } });
  const page = await ctx.newPage();
  if (env.CODING) await page.setExtraHTTPHeaders({ 'accept-encoding': env.CODING });
  const cdp = await ctx.newCDPSession(page);
  await cdp.send('Network.enable');
  if (env.KBPS) {
    await cdp.send('Network.emulateNetworkConditions', { offline: false, latency: +(env.RTT || 0), downloadThroughput: env.KBPS * 1000, uploadThroughput: env.KBPS * 1000 });
  }
  const kind = {}, wire = {}, started = [];
  cdp.on('Network.requestWillBeSent', (e) => { if (e.request.url.startsWith('http')) started.push(e.request.url); });
  cdp.on('Network.responseReceived', (e) => { kind[e.requestId] = e.type; });
  cdp.on('Network.loadingFinished', (e) => { const k = kind[e.requestId] || 'Other'; wire[k] = (wire[k] || 0) + e.encodedDataLength; });
  await page.goto(url, { waitUntil: 'load', timeout: 60000 });
  await page.waitForTimeout(settle);
  const seen = await page.evaluate(() => new Promise((done) => {
    let lcp = 0;
    new PerformanceObserver((x) => { for (const e of x.getEntries()) lcp = e.startTime; }).observe({ type: 'largest-contentful-paint', buffered: true });
    setTimeout(() => done({ lcp, fcp: (performance.getEntriesByName('first-contentful-paint')[0] || {}).startTime || 0, elements: document.querySelectorAll('*').length }), 100);
  }));
  into.fcp.push(seen.fcp);
  into.lcp.push(seen.lcp);
  const host = new URL(url).host;
  Object.assign(into, { requests: started.length, foreign: started.filter((u) => new URL(u).host !== host).length, wire, elements: seen.elements });
  await ctx.close();
};
for (let i = 0; i < rounds; i++) for (const [url, into] of all) await look(url, into);
let yardstick;
for (const [url, r] of all) {
  const fcp = med(r.fcp), lcp = med(r.lcp);
  yardstick ??= fcp;
  console.log(JSON.stringify({ url, requests: r.requests, foreign: r.foreign, wire: r.wire, elements: r.elements, fcp_ms: Math.round(fcp), lcp_ms: Math.round(lcp), fcp_ratio: +(fcp / yardstick).toFixed(2) }));
}
await browser.close();
