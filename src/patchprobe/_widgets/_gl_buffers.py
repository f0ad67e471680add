"""OpenGL kept from reading what was drawn by layers that are gone."""

from __future__ import annotations

from qtpy.QtWidgets import QApplication, QWidget
from vispy.gloo import gl

# As many as every driver has.
_VERTEX_ARRAYS = 16


def let_go_of_buffers() -> None:
    """Let OpenGL read no more from the buffers that were drawn last; call it before a layer is removed.

    vispy leaves the vertex arrays of a program enabled after it was drawn. When their buffers go with a
    layer, drivers that read all arrays that are enabled, such as Mesa's on a processor, end the process at
    the next frame. Each program enables its own arrays again before it is drawn.
    """
    for window in QApplication.topLevelWidgets():
        for canvas in window.findChildren(QWidget):
            if canvas.inherits("QOpenGLWidget") and canvas.isValid():
                canvas.makeCurrent()
                for number in range(_VERTEX_ARRAYS):
                    gl.glDisableVertexAttribArray(number)
                canvas.doneCurrent()
