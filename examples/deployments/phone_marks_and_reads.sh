#!/usr/bin/env bash
# One phone marks with the float file, another reads with the int8 file, and neither has vseal:
#   phone_marks_and_reads.sh FLOAT INTEGERS PICTURE BITS FOLDER      prints the bits that are read
# FLOAT is a model, INTEGERS what vseal quantize made of it (default-f32 and default: the one inside vseal). VSEAL and PYTHON choose the programs.
set -euo pipefail
float=$1 integers=$2 picture=$3 bits=$4 folder=$5
here=$(dirname "${BASH_SOURCE[0]}")
vseal=${VSEAL:-vseal} python=${PYTHON:-python3}
"$vseal" export "$float" --format tflite --precision f32 --part embedder --with-jnd -o "$folder" --overwrite --quiet
"$vseal" export "$integers" --format tflite --precision int8 --part detector -o "$folder" --overwrite --quiet
"$python" "$here/phone.py" mark "$folder/embedder-f32.tflite" "$picture" "$folder/marked.png" "$bits"
"$python" "$here/phone.py" read "$folder/detector-int8.tflite" "$folder/marked.png"
