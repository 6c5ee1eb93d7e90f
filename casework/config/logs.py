"""Log lines say what happened and where, never to whom."""

import logging


class NoValues(logging.Filter):
    """Drops the message of an exception and keeps its type and place: messages quote what people typed."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[0] is not None:
            kind, _, trace = record.exc_info
            last = trace
            while last is not None and last.tb_next is not None:
                last = last.tb_next
            place = f"{last.tb_frame.f_code.co_filename}:{last.tb_lineno}" if last is not None else "?"
            record.msg = f"{kind.__name__} at {place}"
            record.args = ()
            record.exc_info = None
            record.exc_text = None
        return True
