"""Make the small model of the recogniser's tests: Brazilian telephone words, 8 kHz, 1 MB.

It learns from a speech synthesiser (espeak-ng, GPLv3, used as a tool) and nothing is known of how
it hears people. No code of Kaldi or OpenFst is used: the two file formats are written here.

``python -m tools.speech_model.lexicon LEXICON [WORD…]`` asks the synthesiser how words sound;
``python -m tools.speech_model.graph MODEL LEXICON`` rebuilds a model's vocabulary from that.
"""
