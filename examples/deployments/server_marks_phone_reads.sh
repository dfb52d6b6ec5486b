#!/usr/bin/env bash
# A server marks with vseal, a phone reads with the int8 file:
#   server_marks_phone_reads.sh MODEL PICTURE BITS FOLDER      prints the bits that the phone reads
# MODEL is one of integers: default, or what vseal quantize made. VSEAL and PYTHON choose the programs.
set -euo pipefail
model=$1 picture=$2 bits=$3 folder=$4
here=$(dirname "${BASH_SOURCE[0]}")
"${VSEAL:-vseal}" export "$model" --format tflite --precision int8 --part detector -o "$folder" --overwrite --quiet
"${VSEAL:-vseal}" embed "$picture" "$folder/marked.jpg" --bits "$bits" --model "$model" --quiet --overwrite
"${PYTHON:-python3}" "$here/phone.py" read "$folder/detector-int8.tflite" "$folder/marked.jpg"
