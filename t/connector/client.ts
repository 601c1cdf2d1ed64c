// An application that knows nothing of the connector but its OpenAPI file: the
// types are made of it, and openapi-fetch calls by them.

import createClient from 'openapi-fetch';
import type { paths } from './api';

let count = 0;

function ok(good: boolean, name: string): void {
    count++;
    console.log(`${good ? '' : 'not '}ok ${count} - ${name}`);
}

const client = createClient<paths>({
    baseUrl: process.env.IDV_URL ?? '',
    headers: { Authorization: `Bearer ${process.env.IDV_KEY}` },
});

async function main(): Promise<void> {
    const userId = '2b6f0cc9-04f1-4d1e-8b0e-3b0d3f2d7a11';

    const made = await client.POST('/createVerifyTransaction', { body: {
        userId, deviceOsType: 'MOBILE_WEB',
        biographic: [{ name: 'given_name', value: 'Ann' }],
    } });

    ok(made.response.status === 200, 'a transaction');
    ok(made.data?.transaction.transactionStatus?.status === 'REQUESTED',
        'with its status');
    ok((made.data?.challenge ?? '').length > 0, 'and a challenge');

    const transactionId = made.data?.transaction.id ?? '';
    const listed = await client.POST('/readVerifyTransactions',
        { body: { userId, limit: 1 } });

    ok(listed.data?.transactions.size === 1, 'it is in the list');

    const sent = await client.POST('/createDocument', { body: {
        userId, transactionId, documentTypeName: 'Selfie',
        documentValue: process.env.IDV_IMAGE ?? '',
    } });

    ok(sent.data?.document.type === 'Selfie', 'a document');

    const none = await client.POST('/deleteDocument', { body: {
        userId, transactionId, documentId: sent.data?.document.id ?? '' } });

    ok(none.data?.statusCode === 204, 'and it is gone');

    // an error of ours, and one of the provider

    const wrong = await client.POST('/createVerifyTransaction', { body: {
        userId, deviceOsType: 'x', redirectUri: 'http://x' } });

    ok(wrong.error !== undefined && 'details' in wrong.error
        && wrong.error.details?.[0]?.code === 'HTTPS_ONLY',
        'a mistake is named');

    const nobody = await client.POST('/readVerifyTransaction', { body: {
        userId, transactionId: '00000000-0000-4000-8000-000000000000' } });

    ok(nobody.error !== undefined && 'statusCode' in nobody.error
        && nobody.error.rawResponse.code === 'NOT_FOUND',
        'what the provider says is told apart');

    // what the compiler must refuse

    // @ts-expect-error: transactionId is required
    const least: paths['/readSelfie']['post']['requestBody']['content']['application/json'] = { userId };

    // @ts-expect-error: there is no such member
    least.surprise = 1;

    // @ts-expect-error: there is no such status
    const status: paths['/setVerifyStatus']['post']['requestBody']['content']['application/json'] = { userId, verifyStatus: 'MAYBE' };

    ok(status !== null, 'the compiler knows what is required and allowed');

    console.log(`1..${count}`);
}

main().catch(error => {
    console.log(`# ${error}`);
    process.exit(1);
});
