//! Everyday operations with the unmodified AWS SDK for Rust, configured only by environment variables. Prints a line for
//! each step that works, and exits at the first failure.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::operation::receive_message::ReceiveMessageError;
use aws_sdk_sqs::primitives::Blob;
use aws_sdk_sqs::types::{
    MessageAttributeValue, MessageSystemAttributeName, QueueAttributeName,
    SendMessageBatchRequestEntry,
};
use std::error::Error;

const TEXT: &str = "line 1\r\nline 2\t<&>\"' é 漢 🐟 +%20";
const BLOB: [u8; 5] = [0, 1, 127, 128, 255];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // The SDK's default client includes TLS, which takes minutes to compile.
    let http = aws_smithy_http_client::Builder::new().build_http();
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .http_client(http)
        .load()
        .await;
    let sqs = Client::new(&config);

    let created = sqs
        .create_queue()
        .queue_name("orders")
        .attributes(QueueAttributeName::VisibilityTimeout, "60");
    let url = created.send().await?.queue_url.unwrap();
    let found = sqs.get_queue_url().queue_name("orders").send().await?;
    assert_eq!(found.queue_url(), Some(url.as_str()));
    println!("creates a queue and finds it again");

    let total = MessageAttributeValue::builder()
        .data_type("Number")
        .string_value("12.50")
        .build()?;
    let digest = MessageAttributeValue::builder()
        .data_type("Binary.sha1")
        .binary_value(Blob::new(BLOB))
        .build()?;
    let sent = sqs.send_message().queue_url(&url).message_body(TEXT);
    sent.message_attributes("total", total.clone())
        .message_attributes("digest", digest.clone())
        .send()
        .await?;
    let got = sqs
        .receive_message()
        .queue_url(&url)
        .wait_time_seconds(20)
        .message_attribute_names("All")
        .message_system_attribute_names(MessageSystemAttributeName::All)
        .send()
        .await?;
    let message = &got.messages()[0];
    assert_eq!(message.body(), Some(TEXT));
    let attributes = message.message_attributes().unwrap();
    assert_eq!(attributes["total"], total);
    assert_eq!(attributes["digest"], digest);
    assert_eq!(
        message.attributes().unwrap()[&MessageSystemAttributeName::ApproximateReceiveCount],
        "1"
    );
    println!("receives text and attributes as they were sent");

    let handle = message.receipt_handle().unwrap();
    sqs.change_message_visibility()
        .queue_url(&url)
        .receipt_handle(handle)
        .visibility_timeout(0)
        .send()
        .await?;
    let again = sqs.receive_message().queue_url(&url).send().await?;
    let handle = again.messages()[0].receipt_handle().unwrap();
    sqs.delete_message()
        .queue_url(&url)
        .receipt_handle(handle)
        .send()
        .await?;
    println!("makes a message visible and deletes it");

    let entry = |id: &str| {
        SendMessageBatchRequestEntry::builder()
            .id(id)
            .message_body(TEXT)
    };
    let good = entry("good").build()?;
    let late = entry("late").delay_seconds(901).build()?;
    let sent = sqs
        .send_message_batch()
        .queue_url(&url)
        .entries(good)
        .entries(late)
        .send()
        .await?;
    assert_eq!(sent.successful()[0].id(), "good");
    let failed = &sent.failed()[0];
    assert_eq!(
        (failed.id(), failed.code(), failed.sender_fault()),
        ("late", "InvalidParameterValue", true)
    );
    println!("reports which entries of a batch failed");

    let counted = sqs
        .get_queue_attributes()
        .queue_url(&url)
        .attribute_names(QueueAttributeName::All)
        .send()
        .await?;
    assert_eq!(
        counted.attributes().unwrap()[&QueueAttributeName::ApproximateNumberOfMessages],
        "1"
    );
    sqs.purge_queue().queue_url(&url).send().await?;
    sqs.delete_queue().queue_url(&url).send().await?;
    println!("counts messages, and purges and deletes the queue");

    let missing = sqs
        .receive_message()
        .queue_url(&url)
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(
        matches!(missing, ReceiveMessageError::QueueDoesNotExist(_)),
        "{missing:?}"
    );
    assert_eq!(
        missing.code(),
        Some("AWS.SimpleQueueService.NonExistentQueue")
    );
    let refused = sqs
        .create_queue()
        .queue_name("no.good")
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert_eq!(refused.code(), Some("InvalidParameterValue"));
    println!("identifies errors by type and code");
    Ok(())
}
