"""The way back: what people write to us in answer, one file per channel that carries replies, one grammar in two languages."""
