"""How far long work is."""

import sys


class _Bar:
    def __init__(self, tqdm):
        self._bar = tqdm(bar_format="{desc} [{elapsed}]", desc="tautrack")

    def __call__(self, text, seconds):
        self._bar.set_description_str(f"tautrack: {text}")

    def close(self):
        self._bar.close()


class _Line:
    """One line on standard error that is written again and again."""

    def __init__(self):
        self._width = 0

    def __call__(self, text, seconds):
        line = f"tautrack: {text}, {seconds:.0f} s"
        self._width = max(self._width, len(line))
        sys.stderr.write("\r" + line.ljust(self._width))
        sys.stderr.flush()

    def close(self):
        if self._width:
            sys.stderr.write("\n")


class Progress:
    """What ``progress`` asks for, while the block runs: None, or a function of a text and the seconds so far."""

    def __init__(self, wanted):
        if wanted is None or wanted is False or callable(wanted):
            self._tell, self._close = wanted or None, None
            return
        if wanted is not True:
            raise ValueError("progress: True, a function of a text and the seconds so far, or None are wanted")
        try:
            from tqdm import tqdm
        except ImportError:
            teller = _Line()
        else:
            teller = _Bar(tqdm)
        self._tell, self._close = teller, teller.close

    def __enter__(self):
        return self._tell

    def __exit__(self, *_):
        if self._close is not None:
            self._close()
