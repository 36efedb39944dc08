from setuptools import Extension, setup

setup(name="localku-probe", version="1", ext_modules=[Extension("localku_probe", ["probe.c"])])
