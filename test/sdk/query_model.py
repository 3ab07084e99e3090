"""Makes botocore, and so boto3 and the AWS CLI, use the Query protocol for SQS, as they did until 2023.

    python3 query_model.py FOLDER

writes botocore's own model of SQS to FOLDER, with the names of the Query protocol restored. With AWS_DATA_PATH=FOLDER,
botocore prefers it to the model that it ships with. The names are from the API reference.
"""

import json
import pathlib
import sys

import botocore.loaders

LISTS = {
    "AWSAccountIdList": "AWSAccountId",
    "ActionNameList": "ActionName",
    "AttributeNameList": "AttributeName",
    "BatchResultErrorEntryList": "BatchResultErrorEntry",
    "BinaryList": "BinaryListValue",
    "ChangeMessageVisibilityBatchRequestEntryList": "ChangeMessageVisibilityBatchRequestEntry",
    "ChangeMessageVisibilityBatchResultEntryList": "ChangeMessageVisibilityBatchResultEntry",
    "DeleteMessageBatchRequestEntryList": "DeleteMessageBatchRequestEntry",
    "DeleteMessageBatchResultEntryList": "DeleteMessageBatchResultEntry",
    "ListMessageMoveTasksResultEntryList": "ListMessageMoveTasksResultEntry",
    "MessageAttributeNameList": "MessageAttributeName",
    "MessageList": "Message",
    "MessageSystemAttributeList": "AttributeName",
    "QueueUrlList": "QueueUrl",
    "SendMessageBatchRequestEntryList": "SendMessageBatchRequestEntry",
    "SendMessageBatchResultEntryList": "SendMessageBatchResultEntry",
    "StringList": "StringListValue",
    "TagKeyList": "TagKey",
}

MAPS = {
    "MessageBodyAttributeMap": ("MessageAttribute", "Name"),
    "MessageBodySystemAttributeMap": ("MessageSystemAttribute", "Name"),
    "MessageSystemAttributeMap": ("Attribute", "Name"),
    "QueueAttributeMap": ("Attribute", "Name"),
    "TagMap": ("Tag", "Key"),
}

# Errors whose code on the Query wire differs from the name of their shape.
CODES = {
    "BatchEntryIdsNotDistinct": "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
    "EmptyBatchRequest": "AWS.SimpleQueueService.EmptyBatchRequest",
    "QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue",
    "QueueNameExists": "QueueAlreadyExists",
    "UnsupportedOperation": "AWS.SimpleQueueService.UnsupportedOperation",
}


def query_model():
    model = botocore.loaders.Loader().load_service_model("sqs", "service-2")
    metadata, shapes = model["metadata"], model["shapes"]
    for name in ("awsQueryCompatible", "jsonVersion", "targetPrefix"):
        metadata.pop(name, None)
    metadata.update(
        protocol="query",
        protocols=["query"],
        xmlNamespace="http://queue.amazonaws.com/doc/2012-11-05/",
    )
    for name, operation in model["operations"].items():
        if "output" in operation:
            operation["output"]["resultWrapper"] = f"{name}Result"
    for name, item in LISTS.items():
        shapes[name]["member"]["locationName"] = item
    for name, (entry, key) in MAPS.items():
        shapes[name]["key"]["locationName"] = key
        shapes[name]["value"]["locationName"] = "Value"
        for shape in shapes.values():
            for member in shape.get("members", {}).values():
                if member["shape"] == name:
                    member["locationName"] = entry
    for name, code in CODES.items():
        shapes[name]["error"] = {"code": code, "httpStatusCode": 400, "senderFault": True}
    return model


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]) / "sqs" / "2012-11-05"
    folder.mkdir(parents=True)
    (folder / "service-2.json").write_text(json.dumps(query_model()))
