#include <Python.h>

static PyObject *answer(PyObject *self, PyObject *none) { return PyLong_FromLong(42); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, "forty-two"}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "localku_probe", NULL, -1, methods};
PyMODINIT_FUNC PyInit_localku_probe(void) { return PyModule_Create(&module); }
