'use strict';

// The hosted page in a real browser.  "Ann" is the window at the desk, "phone"
// is another browser that has nothing but the link.

const {
  gate, ok, is, like, control, created, open, accessible, fits, run,
} = require('./tap');
const {
  view, transaction, scan, giveUp, begin, document_, selfie,
} = require('./people');

function polls(page) {
  const seen = [];

  page.on('request', (request) => {
    if (request.headers()['x-idv-fragment']) {
      seen.push(request);
    }
  });

  return seen;
}


function hide(page, hidden) {
  return page.evaluate((value) => {
    Object.defineProperty(document, 'hidden',
      { value, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
}


function pause(ms) {
  return new Promise((resolve) => { setTimeout(resolve, ms); });
}


const stories = {};


stories['with a phone'] = async (browser) => {
  const ann = await open(browser);

  await ann.goto(`${gate}/wanted?a=1&b=2`);
  await view(ann, 'device');
  await accessible(ann, 'device');

  await ann.keyboard.press('Tab');
  is(await ann.evaluate(() => document.activeElement.className), 'skip',
    'the keyboard comes to the skip link first');
  await ann.keyboard.press('Enter');
  is(await ann.evaluate(() => document.activeElement.id), 'idv-main',
    'which leads to the content');

  await ann.click('#idv-other');
  await view(ann, 'options');
  await accessible(ann, 'options');

  await ann.click('#idv-option-qr');
  await view(ann, 'scan');
  await accessible(ann, 'scan');

  const box = await ann.locator('#idv-qr').boundingBox();
  ok(box.width >= 200 && box.height >= 200, 'the QR code is large enough',
    JSON.stringify(box));
  ok(await ann.evaluate(() => document.querySelector('#idv-qr').naturalWidth
    > 0), 'and there');
  ok(!await ann.isVisible('#idv-check'), 'there is nothing to reload by hand');

  // from here on nothing may load the page again

  await ann.evaluate(() => { window.same = true; });
  await ann.click('#idv-summary');
  await ann.focus('#idv-cancel');

  const phone = await open(browser, {
    httpCredentials: undefined, viewport: { width: 390, height: 780 },
  });

  await phone.goto(await ann.getAttribute('#idv-link', 'href'));

  const code = await ann.textContent('#idv-code');
  ok((await phone.textContent('main')).replace(/\s/g, '').includes(code),
    'both devices show the same code');

  await pause(1500);
  ok(await ann.evaluate(() => document.querySelector('#idv-details').open),
    'what is open stays open');

  await begin(phone);
  await view(ann, 'initiated');
  ok(true, 'the desk sees the phone');
  await accessible(ann, 'initiated');
  is(await ann.textContent('#idv-status'), 'Your phone is connected',
    'a screen reader is told');
  is(await ann.evaluate(() => document.activeElement.id), 'idv-cancel',
    'the focus stays');

  await document_(phone);
  await view(ann, 'progress');
  await accessible(ann, 'progress');

  await selfie(phone);
  await view(ann, 'completed');
  await accessible(ann, 'completed');
  like(await ann.title(), /^Your identity is verified/, 'the title tells it');
  is(await ann.evaluate(() => window.same), true, 'without a reload');
  is(await ann.evaluate(() => document.activeElement.id), 'idv-main',
    'the focus is where the button was');

  await ann.click('#idv-continue');
  await ann.waitForURL(`${gate}/wanted?a=1&b=2`);

  const seen = JSON.parse(await ann.textContent('body'));
  is(seen.headers['IDV-First-Name'], 'Anna', 'the application knows who');

  await ann.goto(`${gate}/idv/`);
  await view(ann, 'active');
  await accessible(ann, 'active');
  await ann.click('.secondary');
  await view(ann, 'logout');
  await accessible(ann, 'logout');
  await ann.click('#idv-logout');
  await view(ann, 'notice');
  await accessible(ann, 'signed out');

  is(ann.complaints, [], 'the browser has nothing to complain of');
};


stories['on this device'] = async (browser) => {
  for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? 'with' : 'without';
    const ann = await open(browser, {
      javaScriptEnabled, viewport: { width: 390, height: 780 },
    });

    await ann.goto(`${gate}/self`);
    await ann.click('#idv-self');
    await ann.waitForURL(/verify-webapp/);
    ok(true, `${how} JavaScript the page leaves for the capture`);

    if (await ann.$('[name=idType]') === null) {
      await begin(ann);
    }

    await document_(ann);
    await selfie(ann);

    if (!ann.url().startsWith(gate)) {
      await ann.click('a.button');
    }

    await view(ann, 'completed');
    ok(ann.url().startsWith(`${gate}/idv/?flowId=`), 'and comes back');

    await ann.click('#idv-continue');
    await ann.waitForURL(`${gate}/self`);
    is(ann.complaints, [], 'no rule of the browser was broken');
    await ann.context().close();
  }

  const ann = await open(browser);

  await ann.goto(`${gate}/self`);
  await ann.click('#idv-self');
  await ann.waitForURL(/verify-webapp/);
  await ann.goBack();
  await pause(1500);
  ok(ann.url().startsWith(gate) && !/go=1/.test(ann.url()),
    'the way back is no trap', ann.url());

  await ann.goto(`${gate}/self`);
  await view(ann, 'self');
  await accessible(ann, 'self');
  await pause(1500);
  await view(ann, 'self');
  ok(true, 'a page that only looks stays');
  await giveUp(ann);
};


stories['without JavaScript'] = async (browser) => {
  const ann = await open(browser, { javaScriptEnabled: false });

  const id = await scan(ann, '/plain');

  ok(await ann.isVisible('#idv-check'), 'there is a link to look again');

  for (const [status, name] of [['INITIATED', 'initiated'],
    ['IN_PROGRESS', 'progress'], ['SUCCESS', 'completed']]) {
    await control('POST', `transactions/${id}`, { status });
    await view(ann, name);
    ok(true, `the page reloads and shows ${name}`);
  }

  await ann.click('#idv-continue');
  await ann.waitForURL(`${gate}/plain`);
  is(ann.complaints, [], 'no complaints');
};


stories['what goes wrong'] = async (browser) => {
  const ann = await open(browser);

  let id = await scan(ann, '/wrong');
  const source = await ann.getAttribute('#idv-qr', 'src');

  await control('POST', `transactions/${id}`, { status: 'FAIL' });
  await ann.waitForSelector('#idv-problem');
  await accessible(ann, 'another attempt');
  ok(await ann.getAttribute('#idv-qr', 'src') !== source, 'with a new picture');

  id = await transaction(ann);
  await control('POST', `transactions/${id}`, { status: 'FAIL' });
  await view(ann, 'failed');
  await accessible(ann, 'failed');

  await ann.click('#idv-cancel');
  await view(ann, 'notice');
  await accessible(ann, 'cancelled');

  await ann.click('#idv-again');
  await ann.click('#idv-other');
  await ann.click('#idv-option-qr');
  await view(ann, 'scan');
  await control('POST', `transactions/${await transaction(ann)}`,
    { status: 'FAIL', reason: 'TRANSACTION_TIMED_OUT' });
  await view(ann, 'timed-out');
  await accessible(ann, 'timed out');

  await ann.click('#idv-retry');
  await ann.click('#idv-other');
  await control('PUT', 'faults', { path: '/v1/', times: 50, status: 503 });
  await ann.click('#idv-option-qr');
  await ann.waitForSelector('#idv-problem');
  is(await ann.evaluate(() => document.activeElement.id), 'idv-problem',
    'a problem gets the focus');
  await accessible(ann, 'unavailable');
  await control('PUT', 'faults', {});

  await ann.goto(`${gate}/idv/?flowId=${'a'.repeat(22)}`);
  await view(ann, 'notice');
  await accessible(ann, 'expired');

  is(ann.complaints, [], 'no complaints');
};


stories['several tabs'] = async (browser) => {
  const one = await open(browser);

  const id = await scan(one, '/tabs');
  const two = await one.context().newPage();

  await two.goto(one.url());
  await view(two, 'scan');
  is(await two.textContent('#idv-code'), await one.textContent('#idv-code'),
    'two tabs, one code');

  await control('POST', `transactions/${id}`, { status: 'SUCCESS' });
  await view(two, 'completed');
  await view(one, 'completed');
  await two.click('#idv-continue');
  await two.waitForURL(`${gate}/tabs`);
  await one.click('#idv-continue');
  await one.waitForURL(`${gate}/tabs`);
  ok(true, 'both end where they belong');

  await one.context().clearCookies();

  const again = await scan(one, '/tabs');
  const three = await one.context().newPage();

  await three.goto(one.url());
  await view(three, 'scan');
  await hide(three, true);
  await control('POST', `transactions/${again}`, { status: 'SUCCESS' });
  await view(one, 'completed');
  await one.click('#idv-continue');
  await one.waitForURL(`${gate}/tabs`);
  await hide(three, false);
  await three.waitForURL(`${gate}/tabs`);
  ok(true, 'a tab that was left waiting follows');
};


stories['an impatient person'] = async (browser) => {
  const ann = await open(browser);

  await ann.goto(`${gate}/twice`);
  await ann.click('#idv-other');
  await view(ann, 'options');

  const before = await created();
  await ann.dblclick('#idv-option-qr');
  await view(ann, 'scan');
  is(await created() - before, 1, 'pressing twice pays once');
  await giveUp(ann);
};


stories['a tab in the background'] = async (browser) => {
  const ann = await open(browser);

  await scan(ann, '/hidden');
  await hide(ann, true);
  await pause(1200);

  const seen = polls(ann);
  await pause(3000);
  is(seen.length, 0, 'asks nothing');

  await hide(ann, false);
  await pause(500);
  is(seen.length, 1, 'and asks at once when it is looked at');
  await giveUp(ann);
};


stories['a bad connection'] = async (browser) => {
  const ann = await open(browser);
  const own = (request) => request.headers()['x-idv-fragment'];

  await scan(ann, '/line');

  const at = [];
  let broken = true;
  await ann.route(/flowId=/, (route) => {
    if (!broken || !own(route.request())) {
      return route.continue();
    }

    at.push(Date.now());
    return route.abort();
  });

  await ann.waitForSelector('#idv-status.problem');
  like(await ann.textContent('#idv-status'), /interrupted/, 'it is said');
  await accessible(ann, 'offline');

  while (at.length < 3) {
    await pause(100);
  }

  ok(at[2] - at[1] > at[1] - at[0] + 500, 'it is tried less and less often',
    at);

  broken = false;
  await ann.evaluate(() => window.dispatchEvent(new Event('online')));
  await ann.waitForSelector('#idv-status:not(.problem)', { state: 'attached' });
  is(await ann.textContent('#idv-status'), '', 'and forgotten when it is over');

  // 5xx is a bad connection, too

  broken = true;
  await ann.unroute(/flowId=/);
  await ann.route(/flowId=/, (route) => (own(route.request())
    ? route.fulfill({ status: 502, body: '<h1>Bad Gateway</h1>' })
    : route.continue()));
  await ann.waitForSelector('#idv-status.problem');
  await view(ann, 'scan');
  ok(true, 'an error page is not taken for the page');
  await giveUp(ann);
};


stories['signed out meanwhile'] = async (browser) => {
  const ann = await open(browser);

  await scan(ann, '/out');

  let loads = 0;
  ann.on('request', (request) => {
    loads += request.isNavigationRequest() ? 1 : 0;
  });

  await ann.route(/flowId=/, (route) => (
    route.request().headers()['x-idv-fragment']
      ? route.fulfill({ status: 401, body: 'sign in' }) : route.continue()));

  await pause(6000);
  is(loads, 1, 'the page is loaded once more, to sign in, and in no circle');

  await ann.unroute(/flowId=/);
  await giveUp(ann);

  const other = await open(browser);
  await scan(other, '/out');
  await other.context().clearCookies();
  await view(other, 'notice');

  const seen = polls(other);
  await pause(3000);
  is(seen.length, 0, 'a flow that is gone is not asked for any more');
};


stories['every shape'] = async (browser) => {
  const shapes = {
    'dark': { colorScheme: 'dark' },
    'narrow': { viewport: { width: 320, height: 600 } },
    'narrow German': { viewport: { width: 320, height: 600 }, locale: 'de' },
    'Arabic': { locale: 'ar' },
    'narrow dark Arabic': { locale: 'ar', colorScheme: 'dark',
      viewport: { width: 320, height: 600 } },
  };

  for (const [name, options] of Object.entries(shapes)) {
    const ann = await open(browser, options);

    const look = async (what) => {
      await accessible(ann, `${name}: ${what}`);
      await fits(ann, `${name}: ${what}`);
    };

    await ann.goto(`${gate}/shape`);
    await look('device');
    await ann.click('#idv-other');
    await look('options');
    await ann.click('#idv-option-qr');
    await view(ann, 'scan');
    await ann.click('#idv-summary');
    await look('scan');

    is(await ann.evaluate(() => {
      const image = document.querySelector('#idv-qr');
      const canvas = document.createElement('canvas');
      canvas.width = canvas.height = 240;
      const pen = canvas.getContext('2d');
      pen.drawImage(image, 0, 0, 240, 240);
      return Array.from(pen.getImageData(2, 2, 1, 1).data);
    }), [255, 255, 255, 255], `${name}: the QR code has a white edge`);

    await control('POST', `transactions/${await transaction(ann)}`,
      { status: 'SUCCESS' });
    await view(ann, 'completed');
    await look('completed');
    await ann.click('#idv-continue');

    is(ann.complaints, [], `${name}: no complaints`);
    await ann.context().close();
  }
};


run(stories);
