'use strict';

// The console in a real browser.  "Ada" is an administrator, "vic" a viewer, and
// "ann" and "bob" are people who verify their identity at the gate.

const http = require('http');
const {
  gate, ok, is, like, open, accessible, fits, run,
} = require('./tap');
const {
  view, scan, begin, choose, type, press, paper, photo, picture,
} = require('./people');

const stories = {};
const evil = process.env.IDV_EVIL;
const shots = process.env.IDV_SHOTS;


function as(name, options) {
  return { httpCredentials: { username: name, password: name }, ...options };
}


async function look(page, name) {
  await accessible(page, name);
  await fits(page, name);

  if (shots) {
    await page.screenshot({ fullPage: true,
      path: `${shots}/${name.replace(/\W+/g, '-')}.png` });
  }
}


function heading(page) {
  return page.textContent('h1');
}


function focused(page) {
  return page.evaluate(() => document.activeElement.id);
}


// with the Tab key alone, and not for ever

async function tabTo(page, selector) {
  for (let i = 0; i < 60; i += 1) {
    await page.keyboard.press('Tab');

    if (await page.evaluate((s) => document.activeElement.matches(s),
      selector)) {
      return;
    }
  }

  throw new Error(`Tab does not come to ${selector}`);
}


// a request on a connection of its own, which either worker may get

function ask(cookies) {
  return new Promise((resolve, reject) => {
    http.get(`${gate}/`, { agent: false, auth: 'ann:ann', headers: {
      Cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; '),
    } }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve([answer.headers['x-worker'],
        answer.statusCode]));
    }).on('error', reject);
  });
}


// what both workers say of these cookies: the statuses of each

async function askAll(cookies) {
  const said = new Map();

  for (let i = 0; i < 200 && (said.size < 2 || i < 16); i += 1) {
    const [worker, status] = await ask(cookies);
    said.set(worker, [...said.get(worker) || [], status]);
  }

  return said;
}


// somebody who has handed in papers and photos, and waits

async function handIn(browser, person, more) {
  const phone = await open(browser, { httpCredentials: undefined });

  await scan(person, '/');
  await phone.goto(await person.getAttribute('#idv-link', 'href'));
  await begin(phone);
  await phone.check('[value=passport]');
  await press(phone, 'choose');
  await photo(phone, 'front', picture, 'photo');
  await type(phone, { ...paper, ...more });
  await press(phone, 'document');
  await photo(phone, 'selfie', picture, 'photo');
  await press(phone, 'submit');
  await view(person, 'progress');
}


async function user(page, name) {
  await page.goto(`${gate}/console/`);
  await page.fill('#search', name.split(' ')[0]);
  await page.keyboard.press('Enter');
  await page.waitForSelector('table');
  await page.click(`a:has-text("${name}")`);
  await page.waitForSelector('main.user');
}


stories['a person decides'] = async (browser) => {
  const ann = await open(browser, as('ann'));
  const ada = await open(browser, as('adm'));

  await handIn(browser, ann);

  const images = [];
  ada.on('request', (request) => {
    if (/\/images\//.test(request.url())) {
      images.push(request.url());
    }
  });

  await ada.goto(`${gate}/console/`);
  await ada.waitForSelector('#search:focus');
  ok(true, 'one can type at once');
  await look(ada, 'start');

  await ada.click('nav a:text("Reviews")');
  await look(ada, 'reviews');
  await ada.click('a:text("Look at it")');
  await look(ada, 'review');
  like(await ada.textContent('main'), /L01X00T47/, 'what was typed in is there');
  is(images.length, 0, 'photos are not, until somebody asks for them');

  await ada.click('#photos');
  await ada.waitForSelector('figure img');
  await look(ada, 'review with photos');
  is(await ada.evaluate(() => Array.from(document.querySelectorAll('img'))
    .map((image) => image.naturalWidth > 0)), [true, true],
  'document and selfie are shown');

  const [one, two] = await ada.evaluate(() => Array.from(
    document.querySelectorAll('.beside > *')).map((item) => (
    item.getBoundingClientRect().top)));
  is(one, two, 'one beside the other');

  await ada.click('#approve');
  await ada.waitForSelector('#idv-done');
  like(await ada.textContent('#idv-done'), /approved/, 'the decision is told');
  like(await ada.textContent('main'), /Nothing waits/, 'nothing is left to do');
  await look(ada, 'decided');

  await view(ann, 'completed');
  await ann.click('#idv-continue');
  await ann.waitForURL(`${gate}/`);
  ok(true, 'and opens the gate');
  is(ada.complaints, [], 'no complaints');
};


stories['reset, and the gate is closed'] = async (browser) => {
  const ann = await open(browser, as('ann'));
  const ada = await open(browser, as('adm'));

  await handIn(browser, ann);
  await ada.goto(`${gate}/console/reviews`);
  await ada.click('a:text("Look at it")');
  await ada.click('#approve');
  await ada.waitForSelector('#idv-done');
  await view(ann, 'completed');
  await ann.click('#idv-continue');
  await ann.waitForURL(`${gate}/`);

  const cookies = await ann.context().cookies();
  let said = await askAll(cookies);
  is([...said.values()].flat().filter((status) => status !== 200), [],
    'the session is good at both workers');
  is(said.size, 2, 'which were both asked');

  await user(ada, 'Anna Muster');
  await look(ada, 'user');
  like(await ada.textContent('table'), /Approved manually/,
    'the transaction and its word are there');

  await ada.click('td a:text("View")');
  await ada.waitForSelector('main.transaction');
  await ada.click('summary >> nth=0');
  await look(ada, 'transaction');
  like(await ada.textContent('main'), /Government ID/, 'with each check');

  await ada.click('a:text("Show personal data")');
  await ada.waitForSelector('main.data');
  await look(ada, 'data');
  like(await ada.textContent('main'), /Muster/, 'personal data on demand');

  await user(ada, 'Anna Muster');
  await ada.click('[popovertarget=ask-reset] >> nth=0');
  await ada.waitForSelector('#ask-reset:popover-open');
  await look(ada, 'reset asks first');
  is(await ada.evaluate(() => document.activeElement.textContent), 'Cancel',
    'the focus is where nothing happens');
  await ada.keyboard.press('Escape');
  ok(!await ada.isVisible('#ask-reset'), 'Escape closes it');
  is(await ada.evaluate(() => document.activeElement.textContent),
    'Reset verification status', 'and the focus is back');

  await ada.click('[popovertarget=ask-reset] >> nth=0');

  const answered = ada.waitForResponse((answer) => (
    answer.request().method() === 'POST'));
  await ada.click('#confirm-reset');
  await answered;

  const at = Date.now();
  said = await askAll(cookies);
  const took = Date.now() - at;

  is([...said.values()].flat().filter((status) => status === 200), [],
    'the session is over at both workers');
  is(said.size, 2, 'which were both asked');
  ok(took < 1000, 'within a second', took);

  await ada.waitForSelector('#idv-done');
  await look(ada, 'reset done');
  like(await ada.textContent('#idv-done'), /was reset/, 'which is told');
  like(await ada.textContent('#idv-standing'), /Not initiated/,
    'the status is what it was at first');
  await ada.reload();
  ok(true, 'a reload resets nothing again');

  await ann.goto(`${gate}/`);
  await view(ann, 'device');
  ok(true, 'ann is asked again');
  is(ada.complaints, [], 'no complaints');
};


stories['with the keyboard alone, without JavaScript'] = async (browser) => {
  const ada = await open(browser, as('adm'));

  await ada.goto(`${gate}/console/`);
  await ada.waitForSelector('#search:focus');
  await ada.keyboard.type('ann');
  await ada.keyboard.press('Enter');
  await ada.waitForSelector('table');
  await look(ada, 'found');
  await tabTo(ada, 'tbody a');
  await ada.keyboard.press('Enter');
  await ada.waitForSelector('main.user');
  is(await heading(ada), 'Anna Muster', 'search, user');

  await tabTo(ada, '[popovertarget=ask-reset]');
  await ada.keyboard.press('Enter');
  await ada.waitForSelector('#ask-reset:popover-open');
  await tabTo(ada, '#confirm-reset');
  await ada.keyboard.press('Enter');
  await ada.waitForSelector('#idv-done');
  ok(true, 'reset');

  const nojs = await open(browser, as('adm', { javaScriptEnabled: false }));

  await user(nojs, 'Anna Muster');
  await nojs.click('[popovertarget=ask-disable] >> nth=0');
  await nojs.click('#confirm-disable');
  await nojs.waitForSelector('#idv-done');
  like(await nojs.textContent('#idv-standing'), /Disabled/, 'disabled');
  await nojs.click('[popovertarget=ask-enable] >> nth=0');
  await nojs.click('#confirm-enable');
  await nojs.waitForSelector('#idv-done');
  like(await nojs.textContent('#idv-standing'), /Enabled/, 'and enabled');
};


stories['verify policies'] = async (browser) => {
  const ada = await open(browser, as('adm'));

  await ada.goto(`${gate}/console/verifyPolicies`);
  await look(ada, 'policies');
  await ada.click('a:text("New policy")');
  await look(ada, 'new policy');

  await ada.fill('[id="f-description"]', 'Kept as it is typed');
  await ada.fill('[id="f-governmentId.retry.attempts"]', '9');
  await ada.fill('[id="f-transaction.timeout.duration"]', 'soon');
  await ada.click('#g-phone summary');
  await ada.fill('[id="f-phone.otp.attempts.count"]', '0');
  await ada.click('#save');
  await ada.waitForSelector('#idv-problem');
  await look(ada, 'policy with mistakes');

  for (const [name, typed] of [['name', ''],
    ['governmentId.retry.attempts', '9'],
    ['transaction.timeout.duration', 'soon'],
    ['phone.otp.attempts.count', '0']]) {
    ok(await ada.isVisible(`[id="e-${name}"]`), `${name}: what is wrong`);
    is(await ada.inputValue(`[id="f-${name}"]`), typed, 'and what was typed');
  }

  is(await ada.inputValue('[id="f-description"]'), 'Kept as it is typed',
    'what was right stays');

  await ada.click('#idv-problem a:text("Retries after bad images")');
  is(await focused(ada), 'f-governmentId.retry.attempts',
    'a mistake leads to its field');

  await ada.fill('[id="f-name"]', 'From the browser');
  await ada.fill('[id="f-governmentId.retry.attempts"]', '2');
  await ada.fill('[id="f-transaction.timeout.duration"]', '20');
  await ada.fill('[id="f-phone.otp.attempts.count"]', '3');
  await ada.click('#save');
  await ada.waitForSelector('main.policy');
  like(await ada.textContent('#idv-done'), /created/, 'created');
  await look(ada, 'policy');

  await ada.click('a.button:text("Edit")');
  is(await ada.inputValue('[id="f-governmentId.retry.attempts"]'), '2',
    'the form has what there is');
  await ada.selectOption('[id="f-governmentId.verify"]', 'DISABLED');
  await ada.selectOption('[id="f-facialComparison.verify"]', 'DISABLED');
  await ada.selectOption('[id="f-liveness.verify"]', 'DISABLED');
  await ada.click('#save');
  await ada.waitForSelector('#idv-problem');
  like(await ada.textContent('#idv-problem'), /At least one check/,
    'a rule of the whole is told as well');
  await ada.selectOption('[id="f-governmentId.verify"]', 'REQUIRED');
  await ada.click('#save');
  await ada.waitForSelector('main.policy');
  like(await ada.textContent('#idv-done'), /saved/, 'saved');

  await ada.fill('#userId', 'ann');
  await ada.click('button:text("Test this policy")');
  await ada.waitForSelector('main.test');
  await look(ada, 'policy test');
  ok(await ada.isVisible('.qr svg'), 'a QR code to try it');
  like(await ada.textContent('.code strong'), /^\d{6}$/, 'and its code');

  await ada.click('a:text("Back to the policy")');
  await ada.click('[popovertarget=ask-delete] >> nth=0');
  await ada.click('#confirm-delete');
  await ada.waitForSelector('main.policies');
  like(await ada.textContent('#idv-done'), /deleted/, 'deleted');
  ok(!/From the browser/.test(await ada.textContent('table')), 'and gone');

  await ada.click('table a >> nth=0');
  await ada.waitForSelector('main.policy');
  like(await ada.textContent('main'), /cannot be deleted/,
    'the default one is not, and why');
  is(await ada.$('#confirm-delete'), null, 'nothing offers it');
  is(ada.complaints, [], 'no complaints');
};


stories['open flows'] = async (browser) => {
  const bob = await open(browser, as('bob'));
  const ada = await open(browser, as('adm'));

  await bob.goto(`${gate}/`);
  await view(bob, 'device');
  await ada.goto(`${gate}/console/flows`);
  await look(ada, 'flows');
  like(await ada.textContent('table'), /bob.*Chooses a device/s,
    'who is in the middle of it, and where');
  await ada.click('tr:has-text("bob") button');
  await ada.waitForSelector('#idv-done');
  like(await ada.textContent('tr:has-text("bob")'), /Has ended/,
    'it has ended');
  is(await ada.$('tr:has-text("bob") button'), null, 'once and for all');
};


stories['somebody who wanted to do harm'] = async (browser) => {
  const ada = await open(browser, as('adm'));
  let popups = 0;

  ada.on('dialog', (dialog) => {
    popups += 1;
    dialog.dismiss();
  });

  const eve = await open(browser, as('eve'));

  await handIn(browser, eve, { firstName: evil, lastName: evil });

  await ada.goto(`${gate}/console/users?search=${encodeURIComponent(evil)}`);
  is(await ada.inputValue('#search'), evil, 'what was searched for is a text');
  await look(ada, 'found a bad name');
  await ada.click('tbody a');
  await ada.waitForSelector('main.user');
  await look(ada, 'a user with a bad name');
  is(await heading(ada), `${evil} ${evil}`, 'a name is a text');
  is(await ada.$$('main script, main img'), [], 'and nothing else');

  await ada.goto(`${gate}/console/reviews`);
  await ada.click('a:text("Look at it")');
  await ada.waitForSelector('main.review');
  like(await ada.textContent('.beside'), /<script>alert\(1\)<\/script>/,
    'so is what was typed in');
  is(await ada.$$('main script, main img'), [], 'and nothing else');
  await ada.selectOption('#reason', 'DOCUMENT_DATA_MISMATCH');
  await ada.click('#reject');
  await ada.waitForSelector('#idv-done');
  like(await ada.textContent('#idv-done'), /rejected/, 'rejected');
  await eve.waitForSelector('#idv-problem');
  ok(true, 'which eve is told');

  is(popups, 0, 'nothing popped up');
  is(ada.complaints, [], 'no complaints');
};


stories['a viewer, and a stranger'] = async (browser) => {
  const vic = await open(browser, as('vic'));

  await user(vic, 'Anna Muster');
  await look(vic, 'viewer');
  like(await vic.textContent('header'), /viewer/, 'a viewer is told so');

  for (const path of ['users/ann', 'users?search=a', 'flows',
    'verifyPolicies']) {
    await vic.goto(`${gate}/console/${path}`);
    is(await vic.$$('form[method=post]'), [], `${path}: nothing to press`);
    is(await vic.$$('a[href*=reviews], a[href*=new]'), [],
      'nor to go to');
  }

  await vic.goto(`${gate}/console/verifyPolicies/new`);
  is(await vic.$$('form[method=post]'), [], 'no form to be filled in vain');

  const refused = await vic.goto(`${gate}/console/reviews`);
  is(refused.status(), 403, 'reviews are not for viewers');
  await look(vic, 'refused');

  const bob = await open(browser, as('bob'));
  const strange = await bob.goto(`${gate}/console/users/ann`);

  is(strange.status(), 403, 'a stranger sees nothing');
  ok(!/Muster/.test(await bob.textContent('body')), 'nothing at all');
  await look(bob, 'stranger');

  const ada = await open(browser, as('adm'));

  is((await ada.goto(`${gate}/console/nowhere`)).status(), 404,
    'what is not there');
  await look(ada, 'not found');
};


stories['every shape'] = async (browser) => {
  const shapes = {
    dark: { colorScheme: 'dark' },
    narrow: { viewport: { width: 320, height: 640 } },
  };

  for (const [name, options] of Object.entries(shapes)) {
    const ada = await open(browser, as('adm', options));

    for (const path of ['', 'users?search=a', 'users/ann', 'flows', 'reviews',
      'verifyPolicies', 'verifyPolicies/new']) {
      await ada.goto(`${gate}/console/${path}`);
      await look(ada, `${name} ${path || 'start'}`);
    }

    await ada.goto(`${gate}/console/users/ann`);
    await ada.click('[popovertarget=ask-reset] >> nth=0');
    await look(ada, `${name} reset`);
    is(ada.complaints, [], `${name}: no complaints`);
  }
};


run(stories);
