'use strict';

// The capture page of the local service in a real browser, with the gate on the
// other side: what "ann" sees at the desk is what came of her specimens on the
// phone.  Its policy asks for an e-mail address, a document and a face; a photo
// of the one may be taken three times, of the other twice.

const {
  gate, ok, is, like, control, open, accessible, fits, run,
} = require('./tap');
const {
  picture, blurred, paper, passport, licence, view, scan, giveUp, press, begin,
  choose, type, photo,
} = require('./people');

const small = { viewport: { width: 390, height: 780 },
  httpCredentials: undefined };


function heading(phone) {
  return phone.textContent('h1');
}


// the desk shows it until the phone has begun

async function link(ann) {
  return ann.getAttribute('#idv-link', 'href');
}


// the code of the latest message

async function code(url) {
  const id = new URL(url).searchParams.get('txnid');
  const { notifications } = await control('GET', 'notifications');

  return notifications.find((note) => note.transaction.id === id).code;
}


// from the link to the first thing that the story is about

async function come(phone, ann) {
  const url = await link(ann);

  await phone.goto(url);
  await begin(phone);
  await type(phone, { to: 'ann@example.com' });
  await press(phone, 'send');
  await type(phone, { code: await code(url) });
  await press(phone, 'code');

  return url;
}


// what the application behind the gate is told

async function seen(ann) {
  await view(ann, 'completed');
  await ann.click('#idv-continue');
  await ann.waitForURL(/specimen/);

  return JSON.parse(await ann.textContent('body')).headers['IDV-Last-Name'];
}


const stories = {};


stories['a passport'] = async (browser) => {
  const ann = await open(browser);
  const phone = await open(browser, small);

  await scan(ann, '/specimen');
  await come(phone, ann);
  await phone.check('[value=passport]');
  await press(phone, 'choose');
  await photo(phone, 'front');

  // half of the lines, then all of them with a wrong digit

  await type(phone, { zone: 'P<UTOERIKSSON<<ANNA<MARIA' });
  await press(phone, 'document');
  like(await phone.textContent('#problem'), /not the machine-readable/,
    'half of the lines are asked for again');
  is(await phone.evaluate(() => document.activeElement.id), 'problem',
    'the problem has the focus');
  like(await phone.title(), /^There is a problem: /, 'and the title');
  is(await phone.inputValue('[name=zone]'), 'P<UTOERIKSSON<<ANNA<MARIA',
    'with what there was');

  await type(phone, { zone: passport().replace('L01X', 'L02X') });
  await press(phone, 'document');
  await photo(phone, 'selfie');
  await press(phone, 'submit');
  await ann.waitForSelector('#idv-problem');
  await phone.waitForSelector('h1:text("Not verified")');
  like(await phone.textContent('[role=status]'), /lines .* are not right/,
    'a wrong digit is a result');

  // the desk has another code now; a photo that is none is taken again

  await come(phone, ann);
  await phone.check('[value=passport]');
  await press(phone, 'choose');
  await photo(phone, 'front', blurred);
  await type(phone, { zone: passport().toLowerCase() });
  await press(phone, 'document');
  await photo(phone, 'selfie');
  await press(phone, 'submit');

  for (const attempt of [2, 3]) {
    await phone.waitForSelector('h1:text("Passport: front")');
    like(await phone.textContent('#problem'), new RegExp('^The photo of the '
      + 'document could not be read. Please try again. This is attempt '
      + `${attempt} of 3.$`), 'what was wrong, and how often it may be');
    is(await phone.evaluate(() => document.activeElement.id), 'problem',
      'has the focus');
    await photo(phone, 'front', attempt === 3 ? picture : blurred);
    await type(phone, { zone: passport().toLowerCase() });
    await press(phone, 'document');
    is(await heading(phone), 'Check what you give', 'the face stays');
    await press(phone, 'submit');
  }

  await phone.waitForSelector('h1:text("You are verified")');
  is(await seen(ann), 'ERIKSSON', 'the third one opens the gate');
  is([ann.complaints, phone.complaints], [[], []], 'no complaints');
};


stories['a licence, without JavaScript'] = async (browser) => {
  const ann = await open(browser);
  const phone = await open(browser, { ...small, javaScriptEnabled: false });

  await scan(ann, '/specimen');
  await come(phone, ann);
  await choose(phone, 'driver_license');
  await type(phone, { zone: licence('04122020') });
  await press(phone, 'document');
  await photo(phone, 'selfie');

  // what is wrong is seen in time, and changed

  like(await phone.textContent('.review'), /Valid until\s*2020-04-12/,
    'the last look shows what was read');
  await press(phone, 'change', 'details');
  await type(phone, { zone: licence() });
  await press(phone, 'document');
  await press(phone, 'change', 'back');
  is(await heading(phone), 'Driving licence: back', 'a photo is added');
  await photo(phone, 'back', picture, 'photo');
  await press(phone, 'submit');

  await phone.waitForSelector('h1:text("You are verified")',
    { timeout: 15000 });
  ok(true, 'the page that waits goes on by itself');
  is(await seen(ann), 'EXAMPLE', 'and so does the gate');
  is([ann.complaints, phone.complaints], [[], []], 'no complaints');
};


stories['a photo of many megabytes'] = async (browser) => {
  const ann = await open(browser);
  const phone = await open(browser, small);

  await scan(ann, '/specimen');
  await come(phone, ann);
  await phone.check('[value=id_card]');
  await press(phone, 'choose');

  const large = Buffer.from(await phone.evaluate(() => {
    const canvas = document.createElement('canvas');
    canvas.width = 2000;
    canvas.height = 1500;

    const pen = canvas.getContext('2d');
    const noise = pen.createImageData(2000, 1500);
    for (let i = 0; i < noise.data.length; i += 1) {
      noise.data[i] = i % 4 === 3 ? 255 : Math.random() * 256;
    }
    pen.putImageData(noise, 0, 0);

    return canvas.toDataURL('image/png').split(',')[1];
  }), 'base64');

  ok(large.length > 6 * 1024 * 1024, 'it is larger than the service takes',
    large.length);

  await phone.setInputFiles('[name=camera]', { ...picture, buffer: large });
  ok(await phone.waitForSelector('.preview'), 'it is shown before it is sent');

  const [request] = await Promise.all([
    phone.waitForRequest((any) => any.method() === 'POST'),
    press(phone, 'front'),
  ]);
  await phone.waitForSelector('h1:text("Identity card: back")');

  const sent = Number((await request.allHeaders())['content-length']);
  ok(sent > 10000 && sent < 132 * 1024, 'what is sent is as large as is kept',
    sent);
  is(phone.complaints, [], 'no complaints');
  await giveUp(ann);
};


stories['who comes back'] = async (browser) => {
  const ann = await open(browser);
  let phone = await open(browser, small);

  await scan(ann, '/specimen');
  const url = await come(phone, ann);
  await phone.check('[value=residence_permit]');
  await press(phone, 'choose');
  await phone.reload();
  is(await heading(phone), 'Residence permit: front', 'after a reload');

  const old = await phone.context().newPage();
  await old.goto(url);
  await press(phone, 'without');
  await press(phone, 'without');
  await type(phone, paper);
  await press(phone, 'document');
  await phone.context().close();

  phone = await open(browser, small);
  await phone.goto(url);
  is(await heading(phone), 'A photo of you', 'with another browser');

  const tab = await phone.context().newPage();
  await tab.goto(url);
  await photo(tab, 'selfie');
  await photo(phone, 'selfie');
  is(await heading(phone), 'Check what you give',
    'a form of an old tab shows where things stand');

  await press(phone, 'change', 'details');
  is(await phone.inputValue('[name=lastName]'), 'Muster',
    'what was typed in is not typed in again');

  // too late: 15 minutes for all of it

  await control('POST', 'clock', { advanceSeconds: 15 * 60 });
  await press(phone, 'document');
  is(await heading(phone), 'Not verified', 'what comes too late');
  like(await phone.textContent('[role=status]'), /time .* is over/,
    'is told so');
  await view(ann, 'timed-out');
  ok(true, 'on both devices');
};


stories['every shape'] = async (browser) => {
  const shapes = {
    'narrow German': { locale: 'de', viewport: { width: 320, height: 640 } },
    'narrow dark Arabic': { colorScheme: 'dark', locale: 'ar-EG',
      viewport: { width: 320, height: 640 } },
  };

  for (const [name, options] of Object.entries(shapes)) {
    const ann = await open(browser);
    const phone = await open(browser, { ...small, ...options });

    const look = async (what) => {
      await accessible(phone, `${name}: ${what}`);
      await fits(phone, `${name}: ${what}`);

      if (process.env.IDV_SHOTS) {
        await phone.screenshot({ fullPage: true,
          path: `${process.env.IDV_SHOTS}/${name}-${what}.png` });
      }
    };

    await scan(ann, '/specimen');
    const url = await link(ann);
    await phone.goto(url);
    await look('begin');
    await begin(phone);
    await look('address');
    await type(phone, { to: '.ann@example.com' });
    await press(phone, 'send');
    is(await phone.getAttribute('[name=to]', 'aria-describedby'), 'problem',
      `${name}: what is wrong is told with its field`);
    await look('no address');
    await type(phone, { to: 'ann@example.com' });
    await press(phone, 'send');
    await look('code');
    await type(phone, { code: await code(url) });
    await press(phone, 'code');
    await look('kind');
    await phone.check('[value=driver_license]');
    await press(phone, 'choose');
    await look('front');
    await press(phone, 'front');
    await photo(phone, 'front');
    await press(phone, 'without');
    await type(phone, { zone: 'P<UTO'.repeat(30) });
    await press(phone, 'document');
    await look('lines that are none');
    await type(phone, { ...paper, zone: '', firstName: '' });
    await press(phone, 'document');
    await look('a name that is missing');
    await type(phone, paper);
    await press(phone, 'document');
    await photo(phone, 'selfie', blurred);
    await look('review');
    await press(phone, 'submit');
    await look('waiting');
    await phone.waitForSelector('#problem');
    await look('another attempt');
    is(await phone.evaluate(() => document.getAnimations().length), 0,
      `${name}: nothing moves`);
    await photo(phone, 'selfie', blurred);
    await press(phone, 'submit');
    await phone.waitForSelector('main:not([data-refresh="3"])');
    await look('not verified');

    is(phone.complaints, [], `${name}: no complaints`);
    await giveUp(ann);
    await ann.context().close();
    await phone.context().close();
  }
};


run(stories);
