import java.util.List;
import java.util.Map;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.sns.SnsClient;
import software.amazon.awssdk.services.sns.model.BatchResultErrorEntry;
import software.amazon.awssdk.services.sns.model.MessageAttributeValue;
import software.amazon.awssdk.services.sns.model.NotFoundException;
import software.amazon.awssdk.services.sns.model.PublishBatchResponse;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.Message;

/** A topic with two queues. Prints a line for each step that works, and exits at the first failure. */
final class Topics {
  private static final String TEXT = "line 1\r\nline 2\t<&>\"' é 漢 🐟 +%20";
  private static final SdkBytes BLOB = SdkBytes.fromByteArray(new byte[] {0, 1, 127, (byte) 128, (byte) 255});

  private final SnsClient sns;
  private final SqsClient sqs;

  private Topics(SnsClient sns, SqsClient sqs) {
    this.sns = sns;
    this.sqs = sqs;
  }

  static void run(SqsClient sqs) {
    try (SnsClient sns = SnsClient.create()) {
      new Topics(sns, sqs).run();
    }
  }

  private void run() {
    String topic = sns.createTopic(request -> request.name("orders").tags(tag -> tag.key("team").value("fish"))).topicArn();
    String all = subscribe(topic, "all", Map.of());
    String refunds =
        subscribe(topic, "refunds", Map.of("RawMessageDelivery", "true", "FilterPolicy", "{\"kind\": [\"refund\"]}"));
    long listed = sns.listSubscriptionsByTopicPaginator(request -> request.topicArn(topic)).subscriptions().stream().count();
    expect(listed == 2, "subscriptions", listed);
    System.out.println("subscribes queues to a topic");

    String id = publish(topic, "order");
    publish(topic, "refund");
    List<Message> enveloped = receive(all);
    expect(enveloped.size() == 2, "messages", enveloped);
    expect(enveloped.get(0).body().contains("\"MessageId\" : \"" + id + "\""), "envelope", enveloped);
    List<Message> raw = receive(refunds);
    expect(raw.size() == 1 && raw.get(0).body().equals(TEXT), "raw messages", raw);
    expect(raw.get(0).messageAttributes().get("digest").binaryValue().equals(BLOB), "attributes", raw);
    PublishBatchResponse batch =
        sns.publishBatch(
            request ->
                request
                    .topicArn(topic)
                    .publishBatchRequestEntries(
                        entry -> entry.id("good").message("x"),
                        entry -> entry.id("bad").message("x").subject("two\nlines")));
    expect(batch.successful().size() == 1, "published entries", batch.successful());
    BatchResultErrorEntry failed = batch.failed().get(0);
    expect(failed.id().equals("bad") && failed.code().equals("InvalidParameter"), "failed entry", failed);
    System.out.println("publishes to queues with and without a filter");

    sns.deleteTopic(request -> request.topicArn(topic));
    try {
      sns.publish(request -> request.topicArn(topic).message("x"));
      throw new AssertionError("NotFoundException was not thrown");
    } catch (NotFoundException refused) {
      String message = refused.awsErrorDetails().errorMessage();
      expect(message.equals("Topic does not exist") && refused.statusCode() == 404, "error", refused);
    }
    System.out.println("identifies errors of topics by type");
  }

  private String subscribe(String topic, String name, Map<String, String> attributes) {
    String url = sqs.createQueue(request -> request.queueName(name)).queueUrl();
    String arn = "arn:aws:sqs:us-east-1:000000000000:" + name;
    sns.subscribe(request -> request.topicArn(topic).protocol("sqs").endpoint(arn).attributes(attributes));
    return url;
  }

  private String publish(String topic, String kind) {
    Map<String, MessageAttributeValue> attributes =
        Map.of(
            "kind", MessageAttributeValue.builder().dataType("String").stringValue(kind).build(),
            "digest", MessageAttributeValue.builder().dataType("Binary").binaryValue(BLOB).build());
    return sns.publish(request -> request.topicArn(topic).message(TEXT).messageAttributes(attributes)).messageId();
  }

  private List<Message> receive(String url) {
    return sqs.receiveMessage(request -> request.queueUrl(url).maxNumberOfMessages(10).messageAttributeNames("All"))
        .messages();
  }

  private static void expect(boolean holds, String what, Object got) {
    if (!holds) throw new AssertionError("unexpected " + what + ": " + got);
  }
}
