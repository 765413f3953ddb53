"""What people read for the payment provider's switches: Chinese, English."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, tuple[str, str]] = {
    "": ("正常", "as it should be"),
    "pay": ("支付机构", "Payment provider"),
    "payments": ("每次请求和每笔支付都出的故障", "A fault of every call and payment"),
    "next": ("仅下一次出的故障", "A fault of the next one only"),
    "identity": ("付款人实名核验结果", "Answer of the check of the payer"),
    "delay_s": ("「响应慢」慢多少秒", "How many seconds late “slow” is"),
    "auto_capture": ("无需收银台，自动付款", "Paid at once, without a cashier"),
    "refunds_later_s": ("退款多少秒后完成", "Seconds until a refund is done"),
    "down": ("无法连接（直接断开）", "Down: closes the connection, does nothing"),
    "http_500": ("返回 500 错误", "Answers 500"),
    "slow": ("响应慢（已处理，超时后才应答）", "Slow: does it, answers late"),
    "success_after_timeout": ("已处理，但超时后断开、不应答", "Does it, late, and hangs up without an answer"),
    "wrong_answer": ("应答签名错误", "Signs its answer wrongly"),
    "lose_callback": ("不发支付通知", "Never sends the notice"),
    "double": ("支付通知发两次", "Sends the notice twice"),
    "before_response": ("先发通知、后应答开单请求", "Sends the notice before it answers the call"),
    "wrong_signature": ("支付通知签名错误", "Signs the notice wrongly"),
    "wrong_amount": ("支付通知金额不符", "Names another amount in the notice"),
    "same": ("付款人与订购人一致", "payer is the buyer"),
    "different": ("付款人与订购人不一致", "payer is somebody else"),
    "unchecked": ("未核验", "not checked"),
}
