"""Pictures of spectrograms and waveforms on matplotlib axes in seconds, Hz and mel.

matplotlib is in the extra ``fastmel[plot]`` and imported when something is drawn. pyplot is
touched only if no axes are given; the backend never. Colours of lines and text are those of
matplotlib's style, light or dark.

A picture is made at the resolution at which it is drawn: what shares a pixel is shown as its
extremes, so no peak is lost however long the recording, and detail comes with a zoom.
"""

from ._compare import compare
from ._features import specshow
from ._filterbank import filterbank
from ._signals import spectrum, waveshow

__all__ = ["compare", "filterbank", "specshow", "spectrum", "waveshow"]
__dir__ = __all__.copy
