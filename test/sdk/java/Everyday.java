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
 * The everyday job with the AWS SDK for Java, as it comes: only the environment says where SQS is. The SDK verifies MD5s
 * of texts and of attributes. Prints a line for each sentence that holds, and ends with the first that does not.
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
    if (!holds) throw new AssertionError("not so: " + what + ": " + got);
  }

  public static void main(String[] args) {
    try (SqsClient sqs = SqsClient.create()) {
      everydayJob(sqs);
      errors(sqs);
    }
  }

  private static void everydayJob(SqsClient sqs) {
    Map<QueueAttributeName, String> settings = Map.of(QueueAttributeName.VISIBILITY_TIMEOUT, "60");
    String url = sqs.createQueue(request -> request.queueName("orders").attributes(settings)).queueUrl();
    String found = sqs.getQueueUrl(request -> request.queueName("orders")).queueUrl();
    expect(found.equals(url), "the queue is found", found);
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
    expect(message.body().equals(TEXT), "the text", message.body());
    expect(message.messageAttributes().equals(ATTRIBUTES), "the attributes", message.messageAttributes());
    String count = message.attributes().get(MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT);
    expect("1".equals(count), "the receive count", count);
    System.out.println("hands out text and attributes as they were sent");

    sqs.changeMessageVisibility(
        request -> request.queueUrl(url).receiptHandle(message.receiptHandle()).visibilityTimeout(0));
    Message again = sqs.receiveMessage(request -> request.queueUrl(url)).messages().get(0);
    sqs.deleteMessage(request -> request.queueUrl(url).receiptHandle(again.receiptHandle()));
    System.out.println("makes a message visible, and deletes it");

    SendMessageBatchResponse sent =
        sqs.sendMessageBatch(
            request ->
                request
                    .queueUrl(url)
                    .entries(
                        entry -> entry.id("good").messageBody(TEXT).messageAttributes(ATTRIBUTES),
                        entry -> entry.id("late").messageBody("x").delaySeconds(901)));
    expect(sent.successful().size() == 1, "one sent", sent.successful());
    BatchResultErrorEntry failed = sent.failed().get(0);
    expect(failed.id().equals("late") && failed.code().equals("InvalidParameterValue"), "one failed", failed);
    expect(failed.senderFault(), "the sender's fault", failed);
    System.out.println("tells in a batch which entries failed");

    Map<String, String> counted =
        sqs.getQueueAttributes(request -> request.queueUrl(url).attributeNames(QueueAttributeName.ALL))
            .attributesAsStrings();
    expect("1".equals(counted.get("ApproximateNumberOfMessages")), "one visible", counted);
    sqs.purgeQueue(request -> request.queueUrl(url));
    sqs.deleteQueue(request -> request.queueUrl(url));
    expect(!sqs.listQueues().hasQueueUrls(), "no queue", sqs.listQueues());
    System.out.println("counts, purges and deletes");
  }

  private static void errors(SqsClient sqs) {
    try {
      sqs.getQueueUrl(request -> request.queueName("nowhere"));
      expect(false, "QueueDoesNotExistException", "nothing");
    } catch (QueueDoesNotExistException refused) {
      String code = refused.awsErrorDetails().errorCode();
      expect(code.equals("AWS.SimpleQueueService.NonExistentQueue"), "its code", code);
    }
    try {
      sqs.createQueue(request -> request.queueName("no.good"));
      expect(false, "SqsException", "nothing");
    } catch (SqsException refused) {
      String code = refused.awsErrorDetails().errorCode();
      expect(code.equals("InvalidParameterValue") && refused.statusCode() == 400, "its code", refused);
    }
    System.out.println("knows errors by their type and code");
  }
}
