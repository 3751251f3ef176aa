"""XLM-RoBERTa and BGE-M3: BERT whose positions count from behind the padding token's id."""

from dataclasses import replace

from convert.architectures.bert import BERT, BertHyperparameters, read_bert
from convert.config import Config


def hyperparameters(config: Config) -> BertHyperparameters:
    """With the defaults of transformers' XLMRobertaConfig. The rows before the first position stand for padding."""
    padding = config.integer("pad_token_id", 1)
    return read_bert(config, first_position=padding + 1, kind_source="XLM-RoBERTa's learned positions")


XLM_ROBERTA = replace(BERT, classes=("XLMRobertaModel",), hyperparameters=hyperparameters)
