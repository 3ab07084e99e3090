import java.util.Map;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.BatchResultErrorEntry;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueDoesNotExistException;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchResponse;
import software.amazon.awssdk.services.sqs.model.SqsException;

/**
 * Everyday operations with the unmodified AWS SDK for Java, configured only by environment variables. The SDK verifies
 * MD5s of texts and of attributes. Prints a line for each step that works, and exits at the first failure.
 */
public final class Everyday {
  private static final String TEXT = "line 1\r\nline 2\t<&>\"' é 漢 🐟 +%20";
  private static final SdkBytes BLOB = SdkBytes.fromByteArray(new byte[] {0, 1, 127, (byte) 128, (byte) 255});

  private static final Map<String, MessageAttributeValue> ATTRIBUTES =
      Map.of(
          "total", MessageAttributeValue.builder().dataType("Number").stringValue("12.50").build(),
          "customer", MessageAttributeValue.builder().dataType("String").stringValue("Ærø <1>").build(),
          "digest", MessageAttributeValue.builder().dataType("Binary.sha1").binaryValue(BLOB).build());

  private static void expect(boolean holds, String what, Object got) {
    if (!holds) throw new AssertionError("unexpected " + what + ": " + got);
  }

  public static void main(String[] args) {
    try (SqsClient sqs = SqsClient.create()) {
      everydayOperations(sqs);
      errors(sqs);
      Topics.run(sqs);
    }
  }

  private static void everydayOperations(SqsClient sqs) {
    Map<QueueAttributeName, String> settings = Map.of(QueueAttributeName.VISIBILITY_TIMEOUT, "60");
    String url = sqs.createQueue(request -> request.queueName("orders").attributes(settings)).queueUrl();
    String found = sqs.getQueueUrl(request -> request.queueName("orders")).queueUrl();
    expect(found.equals(url), "queue URL", found);
    System.out.println("creates a queue and finds it again");

    sqs.sendMessage(request -> request.queueUrl(url).messageBody(TEXT).messageAttributes(ATTRIBUTES));
    Message message =
        sqs.receiveMessage(
                request ->
                    request
                        .queueUrl(url)
                        .waitTimeSeconds(20)
                        .messageAttributeNames("All")
                        .messageSystemAttributeNames(MessageSystemAttributeName.ALL))
            .messages()
            .get(0);
    expect(message.body().equals(TEXT), "text", message.body());
    expect(message.messageAttributes().equals(ATTRIBUTES), "attributes", message.messageAttributes());
    String count = message.attributes().get(MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT);
    expect("1".equals(count), "receive count", count);
    System.out.println("receives text and attributes as they were sent");

    sqs.changeMessageVisibility(
        request -> request.queueUrl(url).receiptHandle(message.receiptHandle()).visibilityTimeout(0));
    Message again = sqs.receiveMessage(request -> request.queueUrl(url)).messages().get(0);
    sqs.deleteMessage(request -> request.queueUrl(url).receiptHandle(again.receiptHandle()));
    System.out.println("makes a message visible and deletes it");

    SendMessageBatchResponse sent =
        sqs.sendMessageBatch(
            request ->
                request
                    .queueUrl(url)
                    .entries(
                        entry -> entry.id("good").messageBody(TEXT).messageAttributes(ATTRIBUTES),
                        entry -> entry.id("late").messageBody("x").delaySeconds(901)));
    expect(sent.successful().size() == 1, "sent entries", sent.successful());
    BatchResultErrorEntry failed = sent.failed().get(0);
    expect(failed.id().equals("late") && failed.code().equals("InvalidParameterValue"), "failed entry", failed);
    expect(failed.senderFault(), "fault", failed);
    System.out.println("reports which entries of a batch failed");

    Map<String, String> counted =
        sqs.getQueueAttributes(request -> request.queueUrl(url).attributeNames(QueueAttributeName.ALL))
            .attributesAsStrings();
    expect("1".equals(counted.get("ApproximateNumberOfMessages")), "counts", counted);
    sqs.purgeQueue(request -> request.queueUrl(url));
    sqs.deleteQueue(request -> request.queueUrl(url));
    expect(!sqs.listQueues().hasQueueUrls(), "queues", sqs.listQueues());
    System.out.println("counts messages, and purges and deletes the queue");
  }

  private static void errors(SqsClient sqs) {
    try {
      sqs.getQueueUrl(request -> request.queueName("nowhere"));
      throw new AssertionError("QueueDoesNotExistException was not thrown");
    } catch (QueueDoesNotExistException refused) {
      String code = refused.awsErrorDetails().errorCode();
      expect(code.equals("AWS.SimpleQueueService.NonExistentQueue"), "error code", code);
    }
    try {
      sqs.createQueue(request -> request.queueName("no.good"));
      throw new AssertionError("SqsException was not thrown");
    } catch (SqsException refused) {
      String code = refused.awsErrorDetails().errorCode();
      expect(code.equals("InvalidParameterValue") && refused.statusCode() == 400, "error", refused);
    }
    System.out.println("identifies errors by type and code");
  }
}
