// Everyday operations with the unmodified AWS SDK for Go, configured only by environment variables. The SDK verifies
// MD5s. Prints a line for each step that works, and exits at the first failure.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
)

const text = "line 1\r\nline 2\t<&>\"' é 漢 🐟 +%20"

var blob = []byte{0, 1, 127, 128, 255}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func expect(holds bool, what string, got ...any) {
	if !holds {
		check(fmt.Errorf("unexpected %s: %v", what, got))
	}
}

func main() {
	ctx := context.Background()
	settings, err := config.LoadDefaultConfig(ctx)
	check(err)
	client := sqs.NewFromConfig(settings)

	created, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{
		QueueName:  aws.String("orders"),
		Attributes: map[string]string{"VisibilityTimeout": "60"},
	})
	check(err)
	url := created.QueueUrl
	found, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("orders")})
	check(err)
	expect(*found.QueueUrl == *url, "queue URL", *found.QueueUrl)
	fmt.Println("creates a queue and finds it again")

	attributes := map[string]types.MessageAttributeValue{
		"total":  {DataType: aws.String("Number"), StringValue: aws.String("12.50")},
		"digest": {DataType: aws.String("Binary.sha1"), BinaryValue: blob},
	}
	_, err = client.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: url, MessageBody: aws.String(text), MessageAttributes: attributes,
	})
	check(err)
	got, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: url, WaitTimeSeconds: 20, MessageAttributeNames: []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"},
	})
	check(err)
	expect(len(got.Messages) == 1, "messages", got.Messages)
	message := got.Messages[0]
	expect(*message.Body == text, "text", *message.Body)
	expect(*message.MessageAttributes["total"].StringValue == "12.50", "number", message.MessageAttributes)
	expect(bytes.Equal(message.MessageAttributes["digest"].BinaryValue, blob), "bytes", message.MessageAttributes)
	expect(message.Attributes["ApproximateReceiveCount"] == "1", "receive count", message.Attributes)
	fmt.Println("receives text and attributes as they were sent")

	_, err = client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: url, ReceiptHandle: message.ReceiptHandle, VisibilityTimeout: 0,
	})
	check(err)
	again, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url})
	check(err)
	expect(len(again.Messages) == 1, "messages", again.Messages)
	_, err = client.DeleteMessage(ctx, &sqs.DeleteMessageInput{
		QueueUrl: url, ReceiptHandle: again.Messages[0].ReceiptHandle,
	})
	check(err)
	fmt.Println("makes a message visible and deletes it")

	sent, err := client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{
		QueueUrl: url,
		Entries: []types.SendMessageBatchRequestEntry{
			{Id: aws.String("good"), MessageBody: aws.String(text), MessageAttributes: attributes},
			{Id: aws.String("late"), MessageBody: aws.String("x"), DelaySeconds: 901},
		},
	})
	check(err)
	expect(len(sent.Successful) == 1 && *sent.Successful[0].Id == "good", "sent entries", sent.Successful)
	expect(len(sent.Failed) == 1 && *sent.Failed[0].Code == "InvalidParameterValue", "failed entries", sent.Failed)
	expect(sent.Failed[0].SenderFault, "fault", sent.Failed[0])
	fmt.Println("reports which entries of a batch failed")

	counted, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: url, AttributeNames: []types.QueueAttributeName{"All"},
	})
	check(err)
	expect(counted.Attributes["ApproximateNumberOfMessages"] == "1", "counts", counted.Attributes)
	_, err = client.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: url})
	check(err)
	_, err = client.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: url})
	check(err)
	fmt.Println("counts messages, and purges and deletes the queue")

	_, err = client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url})
	var missing *types.QueueDoesNotExist
	expect(errors.As(err, &missing), "error", err)
	expect(missing.ErrorCode() == "AWS.SimpleQueueService.NonExistentQueue", "error code", missing.ErrorCode())
	_, err = client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("no.good")})
	var refused smithy.APIError
	expect(errors.As(err, &refused), "error", err)
	expect(refused.ErrorCode() == "InvalidParameterValue", "error code", refused.ErrorCode())
	fmt.Println("identifies errors by type and code")

	topics(ctx, sns.NewFromConfig(settings), client)
}
