/** Delivery policies: what they may contain, the forms in which they are stored and reported, and the delays they cause. */

import { describe, expect, it } from 'vitest';
import {
  effectiveOfSubscription,
  effectiveSubscriptionPolicy,
  effectiveTopicPolicy,
  normalSubscriptionDeliveryPolicy,
  normalTopicDeliveryPolicy,
} from '../../../src/topics/deliveries/delivery-policy.ts';
import { AWS_ENDPOINT_DELAYS, delaysOf, type RetryPolicy } from '../../../src/topics/deliveries/retries.ts';
import { InvalidText } from '../../../src/topics/invalid-text.ts';

const P = 'Invalid parameter: ';
const ofTopic = (policy: object) => normalTopicDeliveryPolicy(JSON.stringify(policy), P);
const ofSubscription = (policy: object) => normalSubscriptionDeliveryPolicy(JSON.stringify(policy), P);
const healthy = (policy: object) => ({ http: { defaultHealthyRetryPolicy: policy } });

const DEFAULT =
  '{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,' +
  '"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},' +
  '"disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}';

describe('the delivery policy of a topic', () => {
  it('is stored as given, without members that are null, and with disableSubscriptionOverrides', () => {
    expect(ofTopic(healthy({ numRetries: 5, minDelayTarget: null }))).toBe(
      '{"http":{"defaultHealthyRetryPolicy":{"numRetries":5},"disableSubscriptionOverrides":false}}',
    );
    expect(ofTopic({ http: { disableSubscriptionOverrides: true, defaultThrottlePolicy: null } })).toBe(
      '{"http":{"disableSubscriptionOverrides":true}}',
    );
    expect(ofTopic({})).toBe('{"http":{"disableSubscriptionOverrides":false}}');
  });

  it('takes what it lacks from the defaults', () => {
    expect(effectiveTopicPolicy(undefined)).toBe(DEFAULT);
    expect(effectiveTopicPolicy(ofTopic({}))).toBe(DEFAULT);
    const stored = ofTopic({
      http: {
        defaultHealthyRetryPolicy: { numRetries: 5 },
        defaultThrottlePolicy: { maxReceivesPerSecond: 7 },
        defaultRequestPolicy: { headerContentType: 'application/json' },
      },
    });
    expect(JSON.parse(effectiveTopicPolicy(stored)).http).toEqual({
      ...JSON.parse(DEFAULT).http,
      defaultHealthyRetryPolicy: { ...JSON.parse(DEFAULT).http.defaultHealthyRetryPolicy, numRetries: 5 },
      defaultThrottlePolicy: { maxReceivesPerSecond: 7 },
      defaultRequestPolicy: { headerContentType: 'application/json' },
    });
  });
});

describe('the delivery policy of a subscription', () => {
  it('is stored with all its members', () => {
    expect(ofSubscription({ requestPolicy: { headerContentType: 'text/csv' } })).toBe(
      '{"healthyRetryPolicy":null,"sicklyRetryPolicy":null,"throttlePolicy":null,' +
        '"requestPolicy":{"headerContentType":"text/csv"},"guaranteed":false}',
    );
    expect(ofSubscription({ healthyRetryPolicy: { numRetries: 5 }, throttlePolicy: { maxReceivesPerSecond: 1 } })).toBe(
      '{"healthyRetryPolicy":{"minDelayTarget":0,"maxDelayTarget":0,"numRetries":5,"numMaxDelayRetries":0,' +
        '"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"sicklyRetryPolicy":null,' +
        '"throttlePolicy":{"maxReceivesPerSecond":1},"requestPolicy":null,"guaranteed":false}',
    );
  });

  it('takes what it lacks from its topic, and then from the defaults', () => {
    const topic = ofTopic({
      http: {
        defaultHealthyRetryPolicy: { minDelayTarget: 2, maxDelayTarget: 4, numRetries: 7 },
        defaultThrottlePolicy: { maxReceivesPerSecond: 7 },
      },
    });
    const own = ofSubscription({
      healthyRetryPolicy: { numRetries: 1 },
      requestPolicy: { headerContentType: 'text/csv' },
    });
    const { healthyRetryPolicy, throttlePolicy, requestPolicy } = JSON.parse(effectiveSubscriptionPolicy(own, topic));
    expect(healthyRetryPolicy).toMatchObject({ minDelayTarget: 2, maxDelayTarget: 4, numRetries: 1 });
    expect(throttlePolicy).toEqual({ maxReceivesPerSecond: 7 });
    expect(requestPolicy).toEqual({ headerContentType: 'text/csv' });
    expect(effectiveOfSubscription(undefined, topic).healthyRetryPolicy.numRetries).toBe(7);
    expect(effectiveSubscriptionPolicy(undefined, undefined)).toBe(
      '{"healthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,' +
        '"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"sicklyRetryPolicy":null,' +
        '"throttlePolicy":null,"requestPolicy":{"headerContentType":"text/plain; charset=UTF-8"},"guaranteed":false}',
    );
  });

  it('has no effect if the topic disables it', () => {
    const topic = ofTopic({ http: { disableSubscriptionOverrides: true } });
    const own = ofSubscription({
      healthyRetryPolicy: { numRetries: 9 },
      requestPolicy: { headerContentType: 'text/csv' },
    });
    expect(effectiveSubscriptionPolicy(own, topic)).toBe(effectiveSubscriptionPolicy(undefined, undefined));
  });

  it('never has a larger smallest delay than its largest one', () => {
    for (const given of [{ minDelayTarget: 30 }, { maxDelayTarget: 10 }]) {
      const { minDelayTarget, maxDelayTarget } = effectiveOfSubscription(
        ofSubscription({ healthyRetryPolicy: given }),
        undefined,
      ).healthyRetryPolicy;
      expect({ minDelayTarget, maxDelayTarget }).toMatchObject(given);
      expect(minDelayTarget).toBeLessThanOrEqual(maxDelayTarget);
    }
  });
});

const path = 'http.defaultHealthyRetryPolicy';
const retryRefusals: [policy: object, text: string][] = [
  [{ numRetries: 101 }, '.numRetries must be less than or equal to 100'],
  [{ numRetries: -1 }, '.numRetries must be greater than or equal to 0'],
  [{ numRetries: 1.5 }, '.numRetries must be an integer'],
  [{ numRetries: '3' }, '.numRetries must be an integer'],
  [{ minDelayTarget: 0 }, '.minDelayTarget must be greater than or equal to 1'],
  [{ maxDelayTarget: 3601 }, '.maxDelayTarget must be less than or equal to 3600'],
  [{ minDelayTarget: 5, maxDelayTarget: 4 }, '.maxDelayTarget must be greater than or equal to minDelayTarget'],
  [{ backoffFunction: 'cubic' }, '.backoffFunction must be one of: arithmetic, exponential, geometric, linear'],
  [
    { numRetries: 5, numNoDelayRetries: 2, numMinDelayRetries: 2, numMaxDelayRetries: 2 },
    '.numRetries must be greater than or equal to total of numMinDelayRetries, numNoDelayRetries and numMaxDelayRetries',
  ],
];

describe('a delivery policy', () => {
  it.each(retryRefusals)('is refused with %j', (policy, text) => {
    expect(() => ofTopic(healthy(policy))).toThrow(new InvalidText(`${P}DeliveryPolicy: ${path}${text}`));
    expect(() => ofSubscription({ healthyRetryPolicy: policy })).toThrow(
      new InvalidText(`${P}DeliveryPolicy: healthyRetryPolicy${text}`),
    );
  });

  it.each([
    ['x', 'failed to parse JSON.'],
    ['[]', 'failed to parse JSON.'],
    ['{"https":{}}', 'Unexpected JSON member: https'],
    ['{"http":{"healthyRetryPolicy":{}}}', 'Unexpected JSON member: healthyRetryPolicy'],
    ['{"http":5}', 'http must be a JSON object'],
    ['{"http":{"disableSubscriptionOverrides":"no"}}', 'http.disableSubscriptionOverrides must be true or false'],
    [
      '{"http":{"defaultThrottlePolicy":{"maxReceivesPerSecond":0}}}',
      'http.defaultThrottlePolicy.maxReceivesPerSecond must be greater than or equal to 1',
    ],
    [
      '{"http":{"defaultRequestPolicy":{"headerContentType":5}}}',
      'http.defaultRequestPolicy.headerContentType must be a string',
    ],
  ])('is refused as %s', (text, message) => {
    expect(() => normalTopicDeliveryPolicy(text, P)).toThrow(new InvalidText(`${P}DeliveryPolicy: ${message}`));
  });

  it.each(['image/png', 'text/plain\r\nx: y', '', `text/plain;${'x'.repeat(200)}`])(
    'is refused with the content type %j',
    (type) => {
      expect(() => ofSubscription({ requestPolicy: { headerContentType: type } })).toThrow(
        `${P}DeliveryPolicy: requestPolicy.headerContentType must be one of: text/plain, application/json, text/css`,
      );
    },
  );
});

describe('the delays of a delivery policy', () => {
  const policy: RetryPolicy = {
    minDelayTarget: 1,
    maxDelayTarget: 16,
    numRetries: 10,
    numNoDelayRetries: 2,
    numMinDelayRetries: 1,
    numMaxDelayRetries: 2,
    backoffFunction: 'linear',
  };
  const seconds = (given: Partial<RetryPolicy>) => delaysOf({ ...policy, ...given }).map((delay) => delay / 1000);

  it.each([
    ['linear', [1, 4.75, 8.5, 12.25, 16]],
    ['arithmetic', [1, 2.5, 5.5, 10, 16]],
    ['geometric', [1, 2, 4, 8, 16]],
    ['exponential', [1, 2, 4, 8, 16]],
  ] as const)('have four phases, with %s backoff', (backoffFunction, backoffs) => {
    expect(seconds({ backoffFunction })).toEqual([0, 0, 1, ...backoffs, 16, 16]);
  });

  it('differ between geometric and exponential backoff', () => {
    const backoff = {
      minDelayTarget: 1,
      maxDelayTarget: 81,
      numMinDelayRetries: 0,
      numNoDelayRetries: 0,
      numMaxDelayRetries: 0,
    };
    expect(seconds({ ...backoff, numRetries: 5, backoffFunction: 'geometric' })).toEqual([1, 3, 9, 27, 81]);
    expect(seconds({ ...backoff, numRetries: 5, backoffFunction: 'exponential' })).toEqual([1, 6.333, 17, 38.333, 81]);
  });

  it('are 20 seconds, three times, by default', () => {
    expect(delaysOf(effectiveOfSubscription(undefined, undefined).healthyRetryPolicy)).toEqual([
      20_000, 20_000, 20_000,
    ]);
  });

  it('are equal if the smallest delay is the largest', () => {
    for (const backoffFunction of ['linear', 'arithmetic', 'geometric', 'exponential'] as const) {
      expect(seconds({ backoffFunction, minDelayTarget: 16, numMinDelayRetries: 0, numNoDelayRetries: 0 })).toEqual(
        Array(10).fill(16),
      );
    }
  });

  it('are no more than an hour together', () => {
    expect(seconds({ minDelayTarget: 1000, maxDelayTarget: 1000, numNoDelayRetries: 0 })).toEqual([1000, 1000, 1000]);
  });

  it('are shorter at first, and then up to 20 seconds, for endpoints that are part of AWS', () => {
    expect(AWS_ENDPOINT_DELAYS.slice(0, 7)).toEqual([0, 0, 0, 1000, 1000, 1000, 1037]);
    expect(AWS_ENDPOINT_DELAYS.at(-1)).toBe(20_000);
    expect(AWS_ENDPOINT_DELAYS.length).toBe(15);
  });
});
