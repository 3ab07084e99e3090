/** Files of the Serverless Framework: their resources, with variables. */

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Serverless's
import { describe, expect, it } from 'vitest';
import { contentsOf, fixture, read } from './contents.ts';

describe('a serverless.yml', () => {
  it('declares the queues of its resources, some of them in another file', async () => {
    const { kind, queues, warnings, parameters } = await fixture('serverless/serverless.yml');
    expect(kind).toBe('a serverless.yml');
    const region = 'us-east-1';
    expect(queues.map(contentsOf)).toEqual([
      {
        ...{ name: 'shop-dev-orders', region, VisibilityTimeout: '180', MessageRetentionPeriod: '345600' },
        redrive: 'shop-dev-orders-dlq after 3',
      },
      { name: 'shop-dev-orders-dlq', region, MessageRetentionPeriod: '1209600' },
      { name: 'shop-dev-audit-us-east-1', region, tags: { owner: 'nobody', account: '000000000000' } },
    ]);
    expect(warnings).toEqual([
      'serverless.yml:51:11: KmsMasterKeyId of AuditQueue is ignored: ${ssm:/shop/queue-key} is stored outside the file.',
    ]);
    expect(parameters).toEqual(expect.arrayContaining(['stage', 'region', 'retention']));
  });

  it('takes its options from parameters, and exists in its own region', async () => {
    const more = { parameters: { stage: 'prod', region: 'eu-west-1', retention: '600' }, stackName: 'shop-stack' };
    const { queues, warnings } = await fixture('serverless/serverless.yml', more);
    expect(queues.map(contentsOf)).toMatchObject([
      {
        name: 'shop-prod-orders',
        region: 'eu-west-1',
        MessageRetentionPeriod: '600',
        redrive: 'shop-prod-orders-dlq after 10',
      },
      { name: 'shop-prod-orders-dlq', region: 'eu-west-1' },
      { name: 'shop-stack-audit-eu-west-1', region: 'eu-west-1' },
    ]);
    expect(warnings[0]).toMatch(/^serverless\.yml:\d+:\d+: The queues exist only in the region eu-west-1/);
  });

  /** Returns the name of a queue whose QueueName is this text. */
  const nameOf = (name: string, more: Parameters<typeof read>[2] = {}) => {
    const text = `service: shop
provider: { name: aws, stage: qa }
custom: { list: [a, b], nested: { qa: deep, loop: "\${self:custom.nested.loop}" }, text: "\${self:custom.list.0}-x", no: null }
params: { default: { p: by default }, qa: { p: of-the-stage } }
resources: { Resources: { Q: { Type: AWS::SQS::Queue, Properties: { QueueName: ${JSON.stringify(name)} } } } }`;
    return read(text, 'serverless.yml', more).queues[0]!.name.value;
  };

  it.each([
    ['${self:service}', 'shop'],
    ['${self:custom.list.1}', 'b'],
    ['${self:custom.nested.${sls:stage}}', 'deep'],
    ['${self:custom.text}-${self:provider.stage}', 'a-x-qa'],
    ['${self:custom.nothing, "plain"}', 'plain'],
    ["${self:custom.no, 'plain'}", 'plain'],
    ['${opt:name, self:service}', 'shop'],
    ['${opt:name, ${self:custom.text}}', 'a-x'],
    ["${opt:name, 'q-${sls:stage}'}", 'q-qa'],
    ['${env:NOT_SET, env:SET}', 'from-env'],
    ['${ssm:/name, self:service}', 'shop'],
    ['${param:p}', 'of-the-stage'],
    ['${file(names.json):queues.0}', 'from-json'],
    ['${file(./more.yml):name}', 'from-yaml-qa'],
    ["${file(nothing.yml):name, 'plain'}", 'plain'],
    ['q-${aws:region}-${aws:accountId}', 'q-us-east-1-000000000000'],
    ['${strToBool(true)}', 'true'],
  ])('evaluates %s to %s', (name, value) => {
    const files = { 'names.json': '{ "queues": ["from-json"] }', './more.yml': 'name: from-yaml-${sls:stage}' };
    expect(nameOf(name, { files, environment: { SET: 'from-env' } })).toBe(value);
  });

  it("leaves CloudFormation's variables unchanged", () => {
    const text = `service: shop
provider: { name: aws }
resources: { Resources: { Q: { Type: AWS::SQS::Queue, Properties: { QueueName: { "Fn::Sub": ["\${AWS::StackName}-\${x}-\${self:service}", { x: y }] } } } } }`;
    expect(read(text, 'serverless.yml').queues[0]!.name.value).toBe('shop-dev-y-shop');
  });

  it.each([
    ['${opt:stage}', '${opt:stage} has no value: give it with --parameter stage=VALUE'],
    ['q-${opt:name}', '${opt:name} has no value: give it with --parameter name=VALUE'],
    ['${param:name}', '${param:name} has no value: give it with --parameter name=VALUE'],
  ])('reports a name whose variable has no value: %s', (name, problem) => {
    expect(() => nameOf(name)).toThrow(`QueueName of Q cannot be determined: ${problem}.`);
  });

  it.each(['${cf:other.Name}', '${file(names.js):name}', '${self:custom.nested.loop}', '${env:NOT_SET}'])(
    'uses the logical ID for a name that it cannot know: %s',
    (name) => expect(nameOf(name)).toBe('Q'),
  );

  it('cannot become endless', () => {
    const doubling = Array.from(
      { length: 40 },
      (_, index) => `v${index}: ["\${self:custom.v${index + 1}}", "\${self:custom.v${index + 1}}"]`,
    );
    const text = `service: shop
provider: { name: aws }
custom: { ${doubling.join(', ')}, v40: x }
resources: { Resources: { Q: { Type: AWS::SQS::Queue, Properties: { Tags: "\${self:custom.v0}" } } } }`;
    expect(() => read(text, 'serverless.yml')).toThrow('more than 1000000 values');
    expect(() => nameOf('${'.repeat(100_000))).toThrow('Invalid queue name');
    expect(nameOf('${a:'.repeat(50_000) + '}'.repeat(50_000))).toBe('Q');
  });
});
