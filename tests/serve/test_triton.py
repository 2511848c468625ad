"""The configs that Triton reads, parsed as protobuf."""

import json
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

from checkstate.core import paths
from checkstate.runtime.finder import Finder
from checkstate.serve.triton import write_repository
from tests.conftest import ROOT

SCHEMA = """
name: "model_config.proto" package: "inference" syntax: "proto3"
enum_type {
  name: "DataType"
  value { name: "TYPE_INVALID" number: 0 } value { name: "TYPE_UINT8" number: 2 }
  value { name: "TYPE_FP32" number: 11 }
}
message_type {
  name: "Tensor"
  field { name: "name" number: 1 label: LABEL_OPTIONAL type: TYPE_STRING }
  field { name: "data_type" number: 2 label: LABEL_OPTIONAL type: TYPE_ENUM
          type_name: ".inference.DataType" }
  field { name: "dims" number: 3 label: LABEL_REPEATED type: TYPE_INT64 }
  field { name: "label_filename" number: 4 label: LABEL_OPTIONAL type: TYPE_STRING }
}
message_type {
  name: "ModelParameter"
  field { name: "string_value" number: 1 label: LABEL_OPTIONAL type: TYPE_STRING }
}
message_type {
  name: "DynamicBatching"
  field { name: "max_queue_delay_microseconds" number: 2 label: LABEL_OPTIONAL type: TYPE_UINT64 }
}
message_type {
  name: "ModelConfig"
  field { name: "name" number: 1 label: LABEL_OPTIONAL type: TYPE_STRING }
  field { name: "max_batch_size" number: 4 label: LABEL_OPTIONAL type: TYPE_INT32 }
  field { name: "input" number: 5 label: LABEL_REPEATED type: TYPE_MESSAGE
          type_name: ".inference.Tensor" }
  field { name: "output" number: 6 label: LABEL_REPEATED type: TYPE_MESSAGE
          type_name: ".inference.Tensor" }
  field { name: "dynamic_batching" number: 11 label: LABEL_OPTIONAL type: TYPE_MESSAGE
          type_name: ".inference.DynamicBatching" }
  field { name: "parameters" number: 14 label: LABEL_REPEATED type: TYPE_MESSAGE
          type_name: ".inference.ModelConfig.ParametersEntry" }
  field { name: "backend" number: 17 label: LABEL_OPTIONAL type: TYPE_STRING }
  nested_type {
    name: "ParametersEntry" options { map_entry: true }
    field { name: "key" number: 1 label: LABEL_OPTIONAL type: TYPE_STRING }
    field { name: "value" number: 2 label: LABEL_OPTIONAL type: TYPE_MESSAGE
            type_name: ".inference.ModelParameter" }
  }
}
"""
"""The fields that we write, as Triton's model_config.proto has them."""


def parsed(config: Path) -> Any:
    """A config.pbtxt, read by protobuf's own parser."""
    pool = descriptor_pool.DescriptorPool()
    pool.Add(text_format.Parse(SCHEMA, descriptor_pb2.FileDescriptorProto()))
    found = pool.FindMessageTypeByName("inference.ModelConfig")
    return text_format.Parse(config.read_text(), message_factory.GetMessageClass(found)())


def test_the_configs_are_protobuf_and_hold_what_a_client_needs(tmp_path: Path) -> None:
    finder = Finder(ROOT / paths.RELEASED_FINDER)
    finder.kinds[0] = 'check "box"'
    write_repository(finder, tmp_path, max_batch=8)
    classifier = parsed(tmp_path / "checkstate/config.pbtxt")
    assert (classifier.name, classifier.max_batch_size) == ("checkstate", 8)
    said = {key: value.string_value for key, value in classifier.parameters.items()}
    predictor = finder.predictor
    assert said == {"resize": predictor.resize, "temperature": str(predictor.temperature)}
    detector = parsed(tmp_path / "checkstate-finder/config.pbtxt")
    said = {key: value.string_value for key, value in detector.parameters.items()}
    assert json.loads(said.pop("kinds")) == finder.kinds
    assert said == {"multiple": "16", "threshold": str(finder.threshold)}
    [kinds] = [output for output in detector.output if output.name == "kinds"]
    assert kinds.dims == [-1, len(finder.kinds)]
