/** The script of the pages in browser.test.ts; in JavaScript, since browsers run it unchanged. */

/** Tries every kind of request that a page can send to another origin without permission, one after the other. */
globalThis.tryEverything = async ({ target, form, image }) => {
  const nameOf = (error) => error.name;
  const post = { method: 'POST', body: form };
  const { type: fetched } = await fetch(target, { ...post, mode: 'no-cors', referrerPolicy: 'no-referrer' });
  const read = await fetch(target, post).then(({ status }) => status, nameOf);
  const headers = { 'x-amz-target': 'AmazonSQS.SendMessage', 'content-type': 'application/x-amz-json-1.0' };
  const body = '{"QueueUrl":"q","MessageBody":"json"}';
  const json = await fetch(target, { method: 'POST', headers, body }).then(({ status }) => status, nameOf);
  const beacon = navigator.sendBeacon(target, new URLSearchParams(form));
  for (const enctype of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data']) {
    await submit(target, enctype, new URLSearchParams(form));
  }
  for (const referrerPolicy of ['no-referrer', 'unsafe-url']) {
    const picture = new Image();
    const failed = new Promise((resolve) => picture.addEventListener('error', resolve));
    Object.assign(picture, { referrerPolicy, src: `${target}?${image}` });
    await failed;
  }
  return { fetched, read, json, beacon };
};

/** Submits a form into a frame, and waits until the frame has loaded the response. */
async function submit(target, enctype, fields) {
  const frame = Object.assign(document.createElement('iframe'), { name: `frame for ${enctype}` });
  document.body.append(frame);
  const form = Object.assign(document.createElement('form'), { action: target, method: 'post', enctype });
  form.target = frame.name;
  for (const [name, value] of fields) {
    form.append(Object.assign(document.createElement('input'), { name, value }));
  }
  document.body.append(form);
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve));
  form.submit();
  await loaded;
}

/** Uses the AWS SDK, which the page has loaded as `AWS`. */
globalThis.useSdk = async (endpoint) => {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const sqs = new globalThis.AWS.SQS({ endpoint, region: 'us-east-1', credentials });
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'from-a-browser' });
  const { $metadata } = await sqs.sendMessage({ QueueUrl, MessageBody: 'from a browser' });
  const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 1 });
  await sqs.deleteMessage({ QueueUrl, ReceiptHandle: Messages[0]?.ReceiptHandle });
  const error = await sqs.getQueueUrl({ QueueName: 'none' }).catch((thrown) => thrown);
  const bodies = Messages.map(({ Body }) => Body);
  return { bodies, requestId: $metadata.requestId, refusal: error.name, code: error.Code };
};
