'use strict';

// HTTP/3, as Chromium speaks it: identity headers that are forged, an address
// that is written in another way, a page that is not let through.

const { chromium } = require('playwright-core');

const { IDV_ORIGIN: origin, IDV_SPKI: spki } = process.env;

let count = 0;


function ok(good, name, more) {
  count += 1;
  console.log(`${good ? 'ok' : 'not ok'} ${count} - ${name}`);

  if (!good && more !== undefined) {
    console.log(`# ${JSON.stringify(more)}`);
  }
}


// asked by a script of the page: status, protocol and body

function ask(page, path, options) {
  return page.evaluate(async ([url, given]) => {
    const answer = await fetch(url, given);
    const text = await answer.text();
    const [entry] = performance.getEntriesByName(answer.url).slice(-1);

    return {
      status: answer.status,
      protocol: entry ? entry.nextHopProtocol : 'unknown',
      text,
    };
  }, [origin + path, options]);
}


(async () => {
  const host = new URL(origin).host;
  const browser = await chromium.launch({
    executablePath: process.env.IDV_CHROMIUM || '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
      '--no-proxy-server', '--enable-quic',
      `--origin-to-force-quic-on=${host}`,
      `--ignore-certificate-errors-spki-list=${spki}`],
  });

  try {
    const page = await browser.newPage();

    await page.goto(`${origin}/open/page`);

    const names = ['IDV-First-Name', 'idv_first_name', 'IDV.First.Name',
      'IDV-STATUS', 'idv_status'];
    const headers = Object.fromEntries(names.map((name) => [name, 'FORGED']));

    for (const path of ['/open/', '/optional/', '/error/', '/rewrite/']) {
      const answer = await ask(page, path, { headers });

      ok(answer.protocol === 'h3', `H10: HTTP/3: ${path}: is spoken`, answer);
      ok(answer.status === 200 && /"headers"/.test(answer.text)
        && !/FORGED|"idv/i.test(answer.text),
      `H10: HTTP/3: ${path}: nothing forged`, answer);
    }

    for (const path of ['/gated/', '/open/..%2fgated/', '//gated/',
      '/open/%2e%2e/gated/', '/gated/?/open/', '/%67ated/',
      '/gated/;/open/']) {
      const answer = await ask(page, path, {});

      ok(answer.protocol === 'h3' && answer.status === 403
        && !/"headers"/.test(answer.text),
      `P3: HTTP/3: ${path}: refused`, answer);
    }
  } finally {
    await browser.close();
  }

  console.log(`1..${count}`);
})().catch((error) => {
  ok(false, 'HTTP/3', error.stack);
  process.exit(1);
});
