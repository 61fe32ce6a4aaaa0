"""Seconds and CPU seconds of a piece of work inside a process."""

import time


class Stopwatch:
    """Context manager; `facts` holds `seconds` and `cpu_seconds` afterwards."""

    def __enter__(self):
        """Start both clocks."""
        self._started = time.perf_counter()
        self._cpu_started = time.process_time()
        return self

    def __exit__(self, *_):
        """Stop both clocks."""
        self.facts = {
            "seconds": time.perf_counter() - self._started,
            "cpu_seconds": time.process_time() - self._cpu_started,
        }
