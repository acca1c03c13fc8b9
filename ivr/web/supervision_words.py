"""Words of supervisors in talks, pt-BR."""

from __future__ import annotations

MODES = {"listen": "Ouvir", "whisper": "Sussurrar", "barge": "Entrar"}
MODE_STATES = {
    "listen": "Ninguém ouve você.",
    "whisper": "Só o agente ouve você.",
    "barge": "O agente e quem ligou ouvem você.",
}
DOING = {"listen": "ouvindo", "whisper": "sussurrando", "barge": "na conversa"}
ENDS = {
    "saiu": "Você saiu da conversa.",
    "desligou": "Você saiu da conversa: o seu telefone foi desligado.",
    "conversa_acabou": "A conversa acabou.",
    "sem_direito": "Você não pode mais acompanhar conversas.",
    "ocupado": "O seu telefone deu ocupado. Libere-o e tente de novo.",
    "nao_atendeu": "O seu telefone tocou e ninguém atendeu. Tente de novo.",
    "falhou": "O seu telefone não pôde ser chamado. Confira o número na sua conta.",
}
DONE = {
    "escuta": "Atenda o seu telefone: ele vai tocar, e você ouve a conversa.",
    "escuta-modo": "Feito: o seu modo na conversa mudou.",
    "escuta-fim": "Você saiu da conversa. Ela continua.",
}
NOT_NOW = {
    "motivo": "Escolha o motivo: ele fica na auditoria.",
    "nao_ligada": "O agente e quem ligou ainda não estão juntos. Tente em alguns segundos.",
    "propria": "Esta conversa é sua.",
    "acompanhada": "Outra pessoa da supervisão já acompanha esta conversa.",
    "uma_so": "Você já acompanha outra conversa: saia dela antes.",
    "sensivel": "Trecho sensível: ninguém da supervisão ouve agora. Tente quando ele acabar.",
    "pause_antes": "Pause o seu atendimento antes: chamadas podem chegar para você.",
    "modo": "Este modo não existe.",
    "nao_entrou": "O seu telefone ainda não está na conversa: atenda-o antes.",
}
BANNERS = {
    "whisper": "sussurra para você: quem ligou não ouve.",
    "barge": "entrou na conversa: todos se ouvem.",
}
"""What the agent is told, after the supervisor's name. Listening has no banner: agents are told
beforehand that it happens."""
