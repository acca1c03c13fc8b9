"""Words of the agent's console, pt-BR, by the words that the service uses."""

from __future__ import annotations

from ivr.service.desk.actions import REASONS

STATES = {
    "offline": "Desconectado",
    "available": "Disponível",
    "reserved": "Chamada chegando",
    "ringing": "Chamada tocando",
    "in_call": "Em conversa",
    "wrap_up": "Pós-atendimento",
    "paused": "Em pausa",
}

STATE_ICONS = {
    "offline": "○",
    "available": "●",
    "reserved": "◉",
    "ringing": "◉",
    "in_call": "☎",
    "wrap_up": "✎",
    "paused": "❚❚",
}

STRENGTHS = {
    "verified": "Identidade confirmada",
    "partial": "Parcial",
    "none": "Não confirmada",
    "failed": "Prova falhou",
}
STRENGTH_ICONS = {"verified": "✔", "partial": "◐", "none": "?", "failed": "✖"}

IDENTIFIERS = {"cpf": "CPF", "matricula": "matrícula"}

FACTORS = {
    "pin": "senha do telefone",
    "sms_code": "código por SMS",
    "printed": "código de papel",
}

CAUSES = {
    "asked": "pediu atendente",
    "no_input": "sem resposta",
    "no_match": "não foi entendida",
    "failed_proof": "prova não confere",
    "refused": "pedido recusado pelas regras",
    "fault": "falha do sistema",
    "person_only": "serviço só com uma pessoa",
    "": "motivo não informado",
}

WARNINGS = {
    "other_number": "Liga de um número que não é o celular cadastrado",
    "mobile_changed": "Celular trocado há pouco: código por SMS não prova nada",
    "many_failures": "Muitas provas erradas nesta conta",
    "number_failures": "Muitas provas erradas a partir deste número",
    "frozen": "Conta protegida por “não fui eu”: nada de senha por telefone",
    "locked": "Conta bloqueada no diretório",
    "disabled": "Conta desativada no diretório",
    "privileged": "Conta de administração: nunca por telefone",
    "priority": "Atendimento prioritário por lei",
}

OFFER_KINDS = {
    "queue": "Chamada da fila",
    "transfer": "Chamada transferida",
    "consult": "Colega pede ajuda",
    "callback": "Retorno de ligação",
}

PAUSED_BY_SYSTEM = {"nao_atendeu": "não atendeu"}

ENDS = {
    "nao_atendeu": "Não atendida a tempo: voltou para a fila, no mesmo lugar.",
    "console_sem_resposta": (
        "O console não respondeu em 3 segundos: a chamada seguiu para outra pessoa."
    ),
    "ocupado": "O seu telefone deu ocupado: a chamada voltou para a fila, no mesmo lugar.",
    "falhou": "O seu telefone não pôde ser chamado: a chamada voltou para a fila.",
    "sem_sinal": "O console ficou sem sinal: a chamada voltou para a fila.",
}
"""Why an offer ended that was not answered."""

NOT_NOW = {
    "em_conversa": "Você está em conversa: termine a chamada antes.",
    "pos_atendimento": "Conclua o pós-atendimento antes.",
    "oferta": "Há uma chamada chegando: atenda ou recuse antes.",
    "desconectado": "Você está fora de operação. Fique disponível antes.",
    "conta_inativa": "A sua conta está desativada. Fale com a supervisão.",
    "motivo": "Escolha um motivo da lista.",
    "acabou": "Esta chamada já não está mais tocando.",
    "de_outro": "Esta chamada não está com você.",
    "concluido": "Este pós-atendimento já foi concluído.",
    "limite": "O tempo já foi estendido 5 vezes.",
    "mudou": "Alguém mudou isto no mesmo instante. O painel já está atualizado: tente de novo.",
    "agente_indisponivel": "Esta pessoa não pode atender agora. Escolha outra, ou uma fila.",
    "destino": "Escolha para onde transferir.",
    "fila_cheia": "A fila está cheia. Quem ligou continua com você; escolha outro destino.",
    "fila_vazia": "Ninguém atende essa fila agora. Quem ligou continua com você.",
    "ja_pedida": "A transferência já foi pedida.",
    "sem_conversa": "A conversa já terminou.",
    "encerrada": "A conversa já terminou.",
    "operadora": "A operadora não fez o que foi pedido. Nada mudou na chamada: tente de novo.",
    "consulta": "Há uma consulta a um colega: conclua ou volte para quem ligou antes.",
    "teclas": "Só algarismos, * e #, até 20.",
    "sem_consulta": "O colega ainda não atendeu. Espere, ou volte para quem ligou.",
    "sem_gravacao": "Esta conversa não está sendo gravada.",
    "numero_recusado": (
        "Este número não está na lista dos que podem ser chamados. Nada mudou na chamada."
    ),
}
"""By the word of :class:`ivr.service.desk.not_now.NotNowError`."""

FIELD_ERRORS = {
    ("disposition", "obrigatorio"): "Escolha o desfecho.",
    ("contact_class", "obrigatorio"): "Escolha a classe.",
    ("notes", "obrigatorio"): "Escreva nas notas o que foi feito: esta fila pede.",
    ("notes", "longas"): "As notas passaram de 10.000 letras.",
    ("callback_at", "obrigatorio"): "Combine o dia e a hora do retorno.",
    ("callback_at", "passado"): "O retorno tem de ser no futuro.",
    ("callback_at", "ilegivel"): "Dia e hora que não se entendem.",
}

NOT_YET = "A conversa ainda está sendo ligada: espere um segundo e tente de novo."
PICK_UP = "Atenda no seu telefone: ele está tocando."
DECLINED = "Recusada. Quem ligou segue na fila, no mesmo lugar."
OVER = {
    "declined": "Você recusou esta chamada; ela segue na fila.",
    "expired": "Tarde demais: a chamada já voltou para a fila, no mesmo lugar.",
    "abandoned": "Quem ligou desistiu antes.",
}
"""Answering an offer that is over, by its state."""
HANDED_OVER = "Transferida: notas, identidade e chamado foram junto."
ASKED = "Chamando a colega ou o colega; quem ligou está em espera."
BAD_KEYS = "Só algarismos, * e #, até 20."
KEYS_SENT = "Tons enviados."
CONCLUDED = "Pós-atendimento concluído."
NOTED = "Nota acrescentada ao chamado."
PROVING_AGAIN = (
    "Quem ligou está provando a identidade ao sistema e depois volta para você, na frente da fila."
    " Conclua o pós-atendimento para receber a chamada."
)
ORDERED = "Pedido feito. O resultado aparece aqui."
TICKET = {
    "empty": "Escreva a nota antes.",
    "too_long": "A nota passou de 4.000 letras.",
    "unknown": "Este chamado não existe.",
}
STALE = "A página ficou aberta tempo demais. Recarregue-a (F5) e tente de novo."
CARRIER_AWAY = "A operadora não respondeu em 3 segundos. Nada mudou na chamada: tente de novo."
STORE_AWAY = "O sistema está sem banco de dados agora. A chamada continua; tente em instantes."

ACTIONS = {
    "reset": "Enviar link de redefinição por SMS",
    "unlock": "Desbloquear conta",
    "proof": "Pedir nova prova",
}

RESULTS = {
    "waiting": "em andamento",
    "done": "feito",
    "sent": "feito: SMS enviado",
    "not_sent": "feito, mas o SMS não saiu",
    "ordered": "pedido",
}
PROOF_STATES = {"passed": "confere", "failed": "não confere", "missing": "não pedida"}

EVENTS = {
    "opened": "Aberto",
    "status": "Mudou de estado",
    "assigned": "Mudou de responsável",
    "joined": "Outro chamado foi juntado a este",
    "rated": "Avaliação recebida",
    "note": "Nota",
    "action": "Ação",
    "call.started": "Ligação",
    "call.answered": "Ligação atendida",
    "call.ended": "Ligação encerrada",
    "webhook.ordered": "Aviso a outro sistema",
    "outside.asked": "Número de fora chamado",
    "outside.answered": "Número de fora atendeu",
    "outside.joined": "Número de fora na conversa",
    "outside.alone": "Deixada com o número de fora",
    "outside.ended": "Número de fora saiu",
    "recording.kept": "Gravação guardada",
    "recording.deleted": "Gravação apagada na operadora",
    "recording.lost": "Gravação perdida na operadora",
    "transcript.made": "Gravação transcrita",
    "transcript.failed": "Gravação sem transcrição",
    "transcript.corrected": "Transcrição corrigida",
    "transcript.not_silenced": "Trecho oculto não pôde ser calado na gravação",
}

OUTSIDE_ASKED = {
    "warm": "Chamando {to}; quem ligou está em espera.",
    "cold": (
        "Passando para {to}. Se ninguém atender lá, quem ligou volta para a fila "
        "no lugar que tinha."
    ),
}
THREE = "Três na linha: todos se ouvem."
LEFT_TWO = "Você saiu; os outros dois continuam na linha."
OUTSIDE_ENDS = {
    "ocupado": "Ocupado.",
    "nao_atendeu": "Ninguém atendeu.",
    "falhou": "A ligação não pôde ser feita: o número não existe ou a operadora recusou.",
    "desligou": "O outro lado desligou.",
    "cancelada": "Você desistiu da ligação.",
    "quem_ligou_desligou": "Quem ligou desligou antes.",
    "conversa_acabou": "A conversa acabou.",
}
"""Why a call to a number outside is over."""
OUTSIDE_NEXT = {
    "talk": "Quem ligou espera você: volte para quem ligou.",
    "three": "Quem ligou continua com você.",
    "wrap": "Quem ligou voltou para a fila, no lugar que tinha.",
}
SUPERVISED = {
    "whisper": "sussurra para você: quem ligou não ouve.",
    "barge": "entrou na conversa: todos se ouvem.",
}
"""After the supervisor's name. Listening has no banner: agents are told of it beforehand."""
AUDIO = {"navegador": "Navegador", "ramal": "Ramal", "sip": "SIP"}

SCRIPTS = {
    "email": (
        "Confirme o nome e diga o motivo que está na tela: não peça de novo o que já foi provado.",
        "Senha esquecida: use “Enviar link de redefinição por SMS”. Conta bloqueada: use "
        "“Desbloquear conta”. O sistema decide se pode.",
        "Sem identidade confirmada, use “Pedir nova prova”: a pessoa prova ao sistema e volta para "
        "você. Não há outro caminho.",
        "Nunca peça, diga ou anote uma senha.",
    ),
    "network": (
        "Confirme se é a rede do prédio ou a VPN.",
        "Senha esquecida: use “Enviar link de redefinição por SMS”. Conta bloqueada: use "
        "“Desbloquear conta”. O sistema decide se pode.",
        "Sem identidade confirmada, use “Pedir nova prova”: a pessoa volta para você.",
        "Peça para esperar 2 minutos e tentar de novo antes de encerrar.",
    ),
    "portal": (
        "O portal usa a conta da rede. Conta bloqueada: use “Desbloquear conta”; o sistema decide "
        "se pode.",
        "Sem identidade confirmada, use “Pedir nova prova”: a pessoa volta para você.",
        "Confirme que a pessoa entra em portal com a mesma senha do computador.",
    ),
    "documents": (
        "Anote o número do processo ou do documento e a mensagem que aparece na tela.",
        "Falta de permissão: oriente a pedir ao gestor da unidade.",
    ),
    "workstation": (
        "Anote o patrimônio que está na etiqueta do equipamento.",
        "Pergunte se outros computadores da sala têm o mesmo problema.",
    ),
    "internet": (
        "Pergunte se é uma sala ou o prédio todo.",
        "Anote o endereço da unidade e um contato no local.",
    ),
    "telephony": (
        "Anote o número do ramal e o que se ouve ao tirar do gancho.",
        "Pergunte se os ramais vizinhos funcionam.",
    ),
}
SCRIPT_ANY = (
    "Diga o seu nome, confirme o nome de quem ligou e o motivo que está na tela.",
    "Anote o que a pessoa precisa com as palavras dela.",
    "Antes de encerrar, diga o protocolo e o prazo.",
)

KEYS = (
    ("F2", "Atender a chamada que toca"),
    ("Shift+F2", "Recusar a chamada (pede o motivo)"),
    ("F4", "Ir para as notas"),
    ("F8", "Mudo: liga e desliga"),
    ("F9", "Espera: liga e desliga"),
    ("Shift+F9", "Transferir ou consultar"),
    ("Shift+F8", "Desligar"),
    ("Ctrl+Enter", "Concluir o pós-atendimento"),
)
"""Keys that an agent may change, by what they do."""
TWICE = frozenset({"Shift+F8"})
"""Pressed twice within two seconds, so that nobody hangs up by mistake."""
FIXED_KEYS = (
    ("Esc", "Fechar a janela aberta; nunca a chamada"),
    ("?", "Esta ajuda, fora dos campos de texto"),
)


def refusal(reason: str) -> str:
    """Why the system refused an action."""
    return REASONS.get(reason, "recusado pelo sistema")
