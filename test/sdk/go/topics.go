package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// topics publishes to a topic with two queues. Prints a line for each step that works.
func topics(ctx context.Context, topicClient *sns.Client, queues *sqs.Client) {
	created, err := topicClient.CreateTopic(ctx, &sns.CreateTopicInput{
		Name: aws.String("orders"),
		Tags: []snstypes.Tag{{Key: aws.String("team"), Value: aws.String("fish")}},
	})
	check(err)
	topic := created.TopicArn
	subscribe := func(name string, attributes map[string]string) *string {
		queue, err := queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String(name)})
		check(err)
		_, err = topicClient.Subscribe(ctx, &sns.SubscribeInput{
			TopicArn: topic, Protocol: aws.String("sqs"), Attributes: attributes,
			Endpoint: aws.String("arn:aws:sqs:us-east-1:000000000000:" + name),
		})
		check(err)
		return queue.QueueUrl
	}
	receive := func(url *string) []string {
		got, err := queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: url, MaxNumberOfMessages: 10, MessageAttributeNames: []string{"All"},
		})
		check(err)
		bodies := []string{}
		for _, message := range got.Messages {
			bodies = append(bodies, *message.Body)
		}
		return bodies
	}
	all := subscribe("all", map[string]string{})
	refunds := subscribe("refunds", map[string]string{
		"RawMessageDelivery": "true", "FilterPolicy": `{"kind": ["refund"]}`,
	})
	listed := 0
	pages := sns.NewListSubscriptionsByTopicPaginator(topicClient, &sns.ListSubscriptionsByTopicInput{TopicArn: topic})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		check(err)
		listed += len(page.Subscriptions)
	}
	expect(listed == 2, "subscriptions", listed)
	fmt.Println("subscribes queues to a topic")

	publish := func(kind string) string {
		published, err := topicClient.Publish(ctx, &sns.PublishInput{
			TopicArn: topic, Message: aws.String(text),
			MessageAttributes: map[string]snstypes.MessageAttributeValue{
				"kind":   {DataType: aws.String("String"), StringValue: aws.String(kind)},
				"digest": {DataType: aws.String("Binary"), BinaryValue: blob},
			},
		})
		check(err)
		return *published.MessageId
	}
	id := publish("order")
	publish("refund")
	bodies := receive(all)
	expect(len(bodies) == 2, "messages", bodies)
	var envelope struct{ MessageId, Message string }
	check(json.Unmarshal([]byte(bodies[0]), &envelope))
	expect(envelope.MessageId == id && envelope.Message == text, "envelope", envelope)
	bodies = receive(refunds)
	expect(len(bodies) == 1 && bodies[0] == text, "raw messages", bodies)
	batch, err := topicClient.PublishBatch(ctx, &sns.PublishBatchInput{
		TopicArn: topic,
		PublishBatchRequestEntries: []snstypes.PublishBatchRequestEntry{
			{Id: aws.String("good"), Message: aws.String("x")},
			{Id: aws.String("bad"), Message: aws.String("x"), Subject: aws.String("two\nlines")},
		},
	})
	check(err)
	expect(len(batch.Successful) == 1 && *batch.Successful[0].Id == "good", "published entries", batch.Successful)
	expect(len(batch.Failed) == 1 && *batch.Failed[0].Code == "InvalidParameter", "failed entries", batch.Failed)
	fmt.Println("publishes to queues with and without a filter")

	_, err = topicClient.DeleteTopic(ctx, &sns.DeleteTopicInput{TopicArn: topic})
	check(err)
	_, err = topicClient.Publish(ctx, &sns.PublishInput{TopicArn: topic, Message: aws.String("x")})
	var missing *snstypes.NotFoundException
	expect(errors.As(err, &missing), "error", err)
	expect(missing.ErrorMessage() == "Topic does not exist", "message", missing.ErrorMessage())
	fmt.Println("identifies errors of topics by type")
}
